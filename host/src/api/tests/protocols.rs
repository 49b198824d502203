//! The Open Inference Protocol, and the list of models.

use super::*;

#[tokio::test]
async fn the_open_inference_protocol_reads_the_same() {
    let app = app(&config()).await;
    let expected = send(&app, passport("mrz,surname")).await.json();
    let body = json!({
        "id": "42",
        "inputs": [
            {"name": "pages", "shape": [1], "datatype": "BYTES", "data": [STANDARD.encode(png(8, 8))]},
            {"name": "fields", "shape": [2], "datatype": "BYTES", "data": ["mrz", "surname"]},
        ],
    });
    let infer = |name: &str, body: &Value| {
        let request = Request::post(format!("/v2/models/{name}/infer"));
        let request = request.header(CONTENT_TYPE, "application/json");
        request.body(Body::from(body.to_string())).expect("a request")
    };
    for name in ["utopia.passport.2024", "utopia%2Fpassport%2F2024"] {
        let answer = send(&app, infer(name, &body)).await;
        assert_eq!(answer.status, 200, "{}", answer.json());
        let answer = answer.json();
        assert_eq!(answer["model_name"], name.replace("%2F", "/"));
        assert_eq!((&answer["id"], &answer["model_version"]), (&json!("42"), &json!("1")));
        let output = |name: &str| {
            let outputs = answer["outputs"].as_array().expect("outputs");
            let found = outputs.iter().find(|output| output["name"] == name);
            found.expect("stands in it")["data"].clone()
        };
        let document = output("document")[0].as_str().expect("a text").to_owned();
        let document = serde_json::from_str::<Value>(&document).expect("JSON");
        assert_eq!(document["fields"], expected["fields"]);
        assert_eq!(output("verdict"), json!([expected["verdict"]]));
        let names = output("field_names");
        assert_eq!((&names[0], &names[1]), (&json!("mrz"), &json!("surname")));
    }
    let model = send(&app, get_request("/v2/models/utopia.passport.2024")).await.json();
    assert_eq!(
        (&model["name"], &model["versions"]),
        (&json!("utopia.passport.2024"), &json!(["1"]))
    );
    assert_eq!(
        send(&app, get_request("/v2/models/utopia.passport.2024/versions/1/ready")).await.status,
        200
    );
    let unknown = send(&app, get_request("/v2/models/utopia.visa.2020")).await;
    assert_eq!(
        (unknown.status.as_u16(), &unknown.headers[CONTENT_TYPE]),
        (404, &"application/json".parse().expect("a value"))
    );
    assert!(
        unknown.json()["error"].is_string() && unknown.json()["code"] == "document_type.unknown"
    );
    let other = send(&app, get_request("/v2/models/utopia.passport.2024/versions/7")).await;
    assert_eq!((other.status.as_u16(), &other.json()["code"]), (412, &json!("generation.changed")));
}

#[tokio::test]
async fn models_are_listed_with_their_parent() {
    let answer = send(&app(&config()).await, get_request("/v1/models")).await.json();
    let (base, adapter) = (&answer["data"][0], &answer["data"][1]);
    assert_eq!((&answer["object"], &base["parent"]), (&json!("list"), &Value::Null));
    assert_eq!((&adapter["id"], &adapter["parent"]), (&json!(PASSPORT), &base["id"]));
    assert_eq!(adapter["root"], format!("sha256:{}", "02".repeat(32)));
}
