//! An HTTP client.

use std::net::SocketAddr;

use anyhow::Context as _;
use reqwest::header::CONTENT_TYPE;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// A client of one server. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    token: Option<String>,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// The header `x-request-id`.
    pub request_id: String,
    /// The header `retry-after`, in seconds.
    pub retry_after: Option<u64>,
    /// The body as JSON, or null if it is none.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// The stable code of a problem, or nothing.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl Client {
    /// A client of the server at this address.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self { http: http_client(), address, token: None }
    }

    /// The same client, which bears a token.
    #[must_use]
    pub fn bearing(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The address of the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Posts one document, all fields.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn extract(&self, document_type: &str, pages: &[Vec<u8>]) -> anyhow::Result<Answer> {
        self.post(form(document_type, pages)).await
    }

    /// Posts one document and asks for some fields, separated by commas.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn extract_fields(
        &self,
        document_type: &str,
        pages: &[Vec<u8>],
        fields: &str,
    ) -> anyhow::Result<Answer> {
        self.post(form(document_type, pages).text("fields", fields.to_owned())).await
    }

    /// Posts any form.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post(&self, form: Form) -> anyhow::Result<Answer> {
        answer(self.request(Method::POST, "/v1/extract").multipart(form)).await
    }

    /// Posts any body as any content type.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post_raw(&self, content_type: &str, body: Vec<u8>) -> anyhow::Result<Answer> {
        let request = self.request(Method::POST, "/v1/extract");
        answer(request.header(CONTENT_TYPE, content_type).body(body)).await
    }

    /// Gets a path.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        answer(self.request(Method::GET, path)).await
    }

    /// Posts JSON to any path, with headers of its own.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post_json(
        &self,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let request = self.request(Method::POST, path).header(CONTENT_TYPE, "application/json");
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        answer(request.body(body.to_string())).await
    }

    /// Deletes what a path names.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        answer(self.request(Method::DELETE, path)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("http://{}{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

/// A client for plain HTTP.
#[must_use]
pub(crate) fn http_client() -> reqwest::Client {
    dossier::outgoing::plain_client().build().expect("it needs nothing of the system")
}

fn form(document_type: &str, pages: &[Vec<u8>]) -> Form {
    let form = Form::new().text("document_type", document_type.to_owned());
    pages.iter().enumerate().fold(form, |form, (page, bytes)| {
        form.part("page", Part::bytes(bytes.clone()).file_name(format!("page-{}", page + 1)))
    })
}

async fn answer(request: RequestBuilder) -> anyhow::Result<Answer> {
    let response = request.send().await.context("no answer")?;
    let header = |name: &str| {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let (content_type, request_id) = (header("content-type"), header("x-request-id"));
    let retry_after = header("retry-after").parse().ok();
    let status = response.status().as_u16();
    let text = response.text().await.context("the answer broke off")?;
    let body = serde_json::from_str(&text).unwrap_or_default();
    Ok(Answer { status, content_type, request_id, retry_after, body, text })
}
