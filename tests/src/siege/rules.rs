//! Rules of one document type that take the places of all others'.

use std::path::Path;
use std::time::Duration;

use image::ImageFormat;

use super::documents::share_read;
use super::host::{Host, PASSPORT};
use super::wire::crowd;
use super::{Attack, Figure, Size};
use crate::{TestRoot, bad_images};

#[expect(dead_code, reason = "made for more tests than this one")]
#[path = "../../../host/plugin/tests/plugin/guest.rs"]
mod guest;
use guest::{Guest, RawCheck, RawRequest};

const SLEEPING: &str = "hostile/sleeping";
/// The share of good documents that are read meanwhile.
const SHARE: f64 = 0.5;

const WIT: &str = include_str!("../../../wit/v1/rules.wit");
/// Those interfaces of WASI 0.2 that put a guest to sleep.
const WASI: [&str; 2] = [
    "package wasi:io@0.2.6; interface poll { resource pollable { block: func(); } }",
    "package wasi:clocks@0.2.6;
     interface monotonic-clock { use wasi:io/poll@0.2.6.{pollable};
       subscribe-duration: func(when: u64) -> pollable; }",
];
const WORLD: &str = "package test:sleeping@1.0.0;
    world sleeping {
      import wasi:clocks/monotonic-clock@0.2.6;
      export dossier:rules/hooks@1.0.0;
    }";

pub(super) async fn sleeping(binary: &Path, size: Size) -> anyhow::Result<Vec<Figure>> {
    let root = TestRoot::with_base()?;
    root.add_shipped(PASSPORT)?;
    root.add_document_type(SLEEPING, "sleeping", &component())?;
    let host = Host::start(binary, &root, &[]).await?;
    let client = host.client();
    let page = bad_images::blank(64, 48, ImageFormat::Png);
    let _attackers = crowd(size.crowd, move || {
        let (client, page) = (client.clone(), page.clone());
        async move {
            // Whatever comes back is not looked at.
            let _ = client.extract(SLEEPING, &[page]).await;
        }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let share = share_read(&host, size.lasting).await?;
    let what = format!("good documents read beside {} of a type whose rules sleep", size.crowd);
    Ok(vec![Figure::at_least(Attack::SleepingRules, &what, share, SHARE, "of all")])
}

/// Rules that sleep for an hour once a document is read.
fn component() -> Vec<u8> {
    let mut guest = Guest::good();
    guest.describes("sleeping", "1.0.0", &[SLEEPING]);
    guest.requests(&[RawRequest { max_length: 4, ..RawRequest::default() }]);
    guest.reports(&[("surname", None, "visual")], &[RawCheck::default()]);
    let guest = Guest {
        extra: r#"
            (import "wasi:clocks/monotonic-clock@0.2.6" "subscribe-duration"
              (func $alarm (param i64) (result i32)))
            (import "wasi:io/poll@0.2.6" "[method]pollable.block" (func $sleep (param i32)))"#
            .to_owned(),
        after: "(call $sleep (call $alarm (i64.const 3600000000000))) unreachable".to_owned(),
        ..guest
    };
    let packages = [&[WIT][..], &WASI, &[WORLD]].concat();
    guest.component_for(&packages, "test:sleeping/sleeping")
}
