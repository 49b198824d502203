"""Every code that a host refuses with, and whether the same request may be answered later.

A test compares the codes with `openapi.json`, so that a new one can't be left unjudged.
"""

from __future__ import annotations

from typing import Final

_PASSES: Final = True
_STAYS: Final = False

CODES: Final[dict[str, bool]] = {
    # Any request
    "connection.no_room": _PASSES,
    "internal": _PASSES,
    "not_ready": _PASSES,
    "request.head_too_large": _STAYS,
    "request.malformed": _STAYS,
    "request.timeout": _PASSES,
    "route.method": _STAYS,
    "route.unknown": _STAYS,
    # Who asks
    "auth.document_type": _STAYS,
    "auth.expired": _STAYS,
    "auth.invalid": _STAYS,
    "auth.missing": _STAYS,
    "auth.unavailable": _PASSES,
    "tenant.busy": _PASSES,
    "tenant.rate": _PASSES,
    # The body, and what stands in it
    "body.broken": _PASSES,
    "body.content_encoding": _STAYS,
    "body.content_type": _STAYS,
    "body.not_an_image_type": _STAYS,
    "body.not_json": _STAYS,
    "body.not_tensors": _STAYS,
    "body.timeout": _PASSES,
    "body.too_large": _STAYS,
    "form.field_name": _STAYS,
    "form.malformed": _STAYS,
    "form.not_text": _STAYS,
    "form.repeated_part": _STAYS,
    "form.too_many_parts": _STAYS,
    "form.unknown_part": _STAYS,
    "header.malformed": _STAYS,
    "json.malformed": _STAYS,
    "json.missing_key": _STAYS,
    "json.unknown_key": _STAYS,
    "json.value": _STAYS,
    "query.malformed": _STAYS,
    "tensor.malformed": _STAYS,
    "tensor.model": _STAYS,
    "tensor.unknown": _STAYS,
    # What must serve it, by when, and whether it was sent before
    "deadline": _STAYS,
    "deadline.header": _STAYS,
    "generation.changed": _STAYS,
    "idempotency.in_work": _PASSES,
    "idempotency.not_kept": _STAYS,
    "idempotency.other_request": _STAYS,
    # The document
    "document.refused": _STAYS,
    "document.too_large": _STAYS,
    "document.too_many_pages": _STAYS,
    "document_type.contradiction": _STAYS,
    "document_type.missing": _STAYS,
    "document_type.quarantined": _STAYS,
    "document_type.unknown": _STAYS,
    "field.repeated": _STAYS,
    "field.unknown": _STAYS,
    "page.base64": _STAYS,
    "page.corrupt": _STAYS,
    "page.empty": _STAYS,
    "page.missing": _STAYS,
    "page.more_than_one_image": _STAYS,
    "page.no_document": _STAYS,
    "page.not_an_image": _STAYS,
    "page.too_large": _STAYS,
    "page.too_long": _STAYS,
    "page.truncated": _STAYS,
    "page.unsupported": _STAYS,
    # What reads it
    "adapter.overloaded": _PASSES,
    "adapter.unavailable": _PASSES,
    "audit.unavailable": _PASSES,
    "model.failed": _PASSES,
    "model.out_of_memory": _PASSES,
    "overloaded": _PASSES,
    "plugin.invalid_result": _STAYS,
    "plugin.memory_limit": _STAYS,
    "plugin.pool_full": _PASSES,
    "plugin.refused": _STAYS,
    "plugin.timeout": _STAYS,
    "plugin.trap": _STAYS,
    # Jobs
    "job.documents": _STAYS,
    "job.given_up": _STAYS,
    "job.no_room": _PASSES,
    "job.not_kept": _STAYS,
    "job.too_many": _PASSES,
    "job.unavailable": _PASSES,
    "job.unknown": _STAYS,
    "job.value": _STAYS,
    "job.webhook": _STAYS,
}
