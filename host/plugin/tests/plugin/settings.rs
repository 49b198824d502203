//! Settings: the optional interface of `dossier:rules@1.1.0`.

use dossier_plugin::{Hook, Plugin, PluginError};

use crate::guest::{DOCUMENT_TYPE, Guest, LOOP};
use crate::{TODAY, after, assert_next_call_works, document_type, engine, readings};

const WIT: &str = include_str!("../../../../wit/v1.1/rules.wit");

/// Rules whose `configure` does `body`: its parameters are document type and settings, its result
/// an address.
fn component(mut guest: Guest, body: &str) -> Vec<u8> {
    guest.extra += &format!(
        r#"(global $configured (mut i32) (i32.const 0))
           (func (export "dossier:rules/settings@1.1.0#configure")
             (param i32 i32 i32 i32) (result i32) {body})"#
    );
    let module = guest.core_module().replace("hooks@1.0.0#", "hooks@1.1.0#");
    Guest::encode(&module, &[WIT], "dossier:rules/configured-rules")
}

/// Takes settings of two bytes, `{}`, and remembers their length; refuses longer ones.
fn choosy() -> Vec<u8> {
    let mut guest = Guest::good();
    let taken = guest.data.words(&[0, 0, 0, 0, 0]);
    let [code, code_length] = guest.data.text("settings.unknown_key");
    let [message, message_length] = guest.data.text("the key `shoe_size` is unknown");
    let refused = guest.data.words(&[1, code, code_length, message, message_length]);
    // `after` traps unless it was configured in the same instance.
    guest.after =
        format!("(if (i32.eqz (global.get $configured)) (then unreachable)) {}", guest.after);
    let body = format!(
        "(global.set $configured (local.get 3))
         (select (i32.const {refused}) (i32.const {taken})
           (i32.gt_u (local.get 3) (i32.const 2)))"
    );
    component(guest, &body)
}

async fn compile(component: Vec<u8>) -> Plugin {
    engine().compile("choosy", component).await.expect("it compiles")
}

#[tokio::test]
async fn rules_are_configured_ahead_of_every_call() {
    let plugin = compile(choosy()).await;
    assert!(plugin.takes_settings());
    after(&plugin).await.expect("without settings it is configured with none");
    let paper = document_type(DOCUMENT_TYPE);
    let configured = plugin.configured(&paper, "{}").await.expect("it takes these");
    for _ in 0..2 {
        after(&configured).await.expect("configured anew in each instance");
    }
    let readings = readings(&[("surname", "DOE")]);
    let other = document_type("test/paper/2");
    let error = plugin.after(&other, &readings, TODAY).await.expect_err("no rules for it");
    assert_eq!(error.code(), "plugin.unsupported_document_type");
}

#[tokio::test]
async fn refused_settings_say_why() {
    let plugin = compile(choosy()).await;
    let paper = document_type(DOCUMENT_TYPE);
    let error = plugin.configured(&paper, r#"{"shoe_size": 7}"#).await.expect_err("refused");
    assert_eq!(error.code(), "plugin.settings_refused");
    assert!(error.to_string().contains("`shoe_size`"), "{error}");
    let error = plugin.configured(&paper, &"x".repeat(65_537)).await.expect_err("too long");
    assert_eq!(error.code(), "plugin.invalid_settings");
}

#[tokio::test]
async fn rules_without_settings_take_none() {
    let plugin = engine().compile("good", Guest::good().component()).await.expect("it compiles");
    assert!(!plugin.takes_settings());
    let paper = document_type(DOCUMENT_TYPE);
    plugin.configured(&paper, " { } ").await.expect("nothing is set");
    let error = plugin.configured(&paper, r#"{"a": 1}"#).await.expect_err("it takes none");
    assert_eq!(error.code(), "plugin.invalid_settings");
}

#[tokio::test]
async fn a_hostile_configure_costs_its_own_call_only() {
    let engine = engine();
    for (body, code) in [
        (LOOP, "plugin.timeout"),
        ("unreachable", "plugin.trap"),
        ("(i32.const 0x7ffffff0)", "plugin.invalid_result"),
    ] {
        let component = component(Guest::good(), body);
        let plugin = engine.compile("bad", component).await.expect("it compiles");
        let paper = document_type(DOCUMENT_TYPE);
        let error = plugin.configured(&paper, "{}").await.expect_err("it misbehaves");
        assert_eq!(error.code(), code, "{error}");
        let error = after(&plugin).await.expect_err("it is configured ahead of this");
        assert_eq!(error.code(), code, "{error}");
        if let PluginError::Timeout { hook, .. } = error {
            assert_eq!(hook, Hook::Configure);
        }
    }
    assert_next_call_works(&engine).await;
}

/// A component of 1.1.0 that has nothing to set serves like one of 1.0.0.
#[tokio::test]
async fn a_component_of_the_later_version_is_found() {
    let module = Guest::good().core_module().replace("hooks@1.0.0#", "hooks@1.1.0#");
    let component = Guest::encode(&module, &[WIT], "dossier:rules/rules");
    let plugin = engine().compile("later", component).await.expect("1.1.0 is spoken here");
    after(&plugin).await.expect("it answers");
}
