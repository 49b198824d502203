"""A client of dossier hosts: pages of identity documents in, checked fields out."""

from ._calls import NEW, Key, NewKey
from ._retry import RetryPolicy
from .async_client import AsyncClient, AsyncJobs
from .client import Client, Jobs
from .codes import CODES
from .documents import Conditions, Document, Pages, PageSource, Webhook
from .models import Check, Extraction, Field, Job, JobResults
from .problems import DeadlineExceeded, DossierError, InvalidAnswer, Problem, UnexpectedAnswer, Unreachable
from .webhooks import Event, WebhookRefused, WebhookVerifier

__all__ = [
    "CODES",
    "NEW",
    "AsyncClient",
    "AsyncJobs",
    "Check",
    "Client",
    "Conditions",
    "DeadlineExceeded",
    "Document",
    "DossierError",
    "Event",
    "Extraction",
    "Field",
    "InvalidAnswer",
    "Job",
    "JobResults",
    "Jobs",
    "Key",
    "NewKey",
    "PageSource",
    "Pages",
    "Problem",
    "RetryPolicy",
    "UnexpectedAnswer",
    "Unreachable",
    "Webhook",
    "WebhookRefused",
    "WebhookVerifier",
]
