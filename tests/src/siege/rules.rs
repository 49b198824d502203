//! Rules of one document type that take what is all others'.

use std::path::Path;
use std::time::{Duration, Instant};

use image::ImageFormat;

use super::documents::{against_ordinary, share_read};
use super::guests::{ALARM, Guest, RawCheck, RawRequest, sleep};
use super::host::{Host, PASSPORT};
use super::wire::crowd;
use super::{Attack, Figure, Size};
use crate::{TOKEN, TestRoot, bad_images};

const HOSTILE: &str = "hostile/paper";
/// The share of good documents that are read meanwhile.
const SHARE: f64 = 0.5;
/// Beside an attack a good document takes at most this many times of what it takes beside as many
/// ordinary ones.
const RATIO: f64 = 3.0;
/// How much longer a start may take for rules that do not answer, in seconds.
const START_SECONDS: f64 = 10.0;

pub(super) async fn sleeping(binary: &Path, size: Size) -> anyhow::Result<Vec<Figure>> {
    let guest = Guest { extra: ALARM.to_owned(), ..rules("sleeping", HOSTILE) };
    let guest = Guest { after: format!("{} unreachable", for_an_hour()), ..guest };
    let root = root_beside("sleeping", &guest.sleeping_component())?;
    let host = Host::start(binary, &root, &[]).await?;
    let client = host.client();
    let page = bad_images::blank(64, 48, ImageFormat::Png);
    let _attackers = crowd(size.crowd, move || {
        let (client, page) = (client.clone(), page.clone());
        async move {
            // Whatever comes back is not looked at.
            let _ = client.extract(HOSTILE, &[page]).await;
        }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    let share = share_read(&host, size.lasting).await?;
    let what = format!("good documents read beside {} of a type whose rules sleep", size.crowd);
    let figure = Figure::at_least(Attack::SleepingRules, &what, share, SHARE, "of all");
    Ok(vec![figure.before("0")])
}

/// Rules that move all of their memory, one instruction each time, which nothing interrupts.
pub(super) async fn moving(binary: &Path, size: Size) -> anyhow::Result<Vec<Figure>> {
    const CLIENTS: usize = 8;
    let copy = "(memory.copy (i32.const 0) (i32.const 8) (i32.const 65535992))";
    let after = format!("(loop $again {copy} (br $again)) unreachable");
    let guest = Guest { memory: "1000", after, ..rules("moving", HOSTILE) };
    let root = root_beside("moving", &guest.component())?;
    let host = Host::start(binary, &root, &[]).await?;
    let page = bad_images::blank(16, 12, ImageFormat::Png);
    let ratio = against_ordinary(&host, size, CLIENTS, (HOSTILE, page), None).await?;
    let what = "a good document beside 8 clients of rules that copy their memory, of what it takes beside 8 ordinary ones";
    Ok(vec![Figure::at_most(Attack::MovingRules, what, ratio, RATIO, "times")])
}

/// A start with rules that do not answer when they are asked what they read.
pub(super) async fn silent(binary: &Path, size: Size) -> anyhow::Result<Vec<Figure>> {
    const TYPES: usize = 8;
    let attack = Attack::SilentRules;
    let start = Instant::now();
    drop(Host::of_passports(binary, &[]).await?);
    let ordinary = start.elapsed();

    let root = TestRoot::with_base()?;
    root.add_shipped(PASSPORT)?;
    let id = |number| format!("hostile/paper/{number}");
    for number in 0..TYPES {
        let (name, id) = (format!("silent-{number}"), id(number));
        let guest = Guest { extra: ALARM.to_owned(), ..rules(&name, &id) };
        let guest = Guest { before: format!("{} unreachable", for_an_hour()), ..guest };
        root.add_document_type(&id, &name, &guest.sleeping_component())?;
    }
    let start = Instant::now();
    let host = Host::start(binary, &root, &[]).await?;
    let longer = start.elapsed().saturating_sub(ordinary).as_secs_f64();
    let what = format!("a start with {TYPES} types whose rules do not answer, beyond one without");
    let mut figures = vec![Figure::at_most(attack, &what, longer, START_SECONDS, "s")];

    let admin = host.admin_client(TOKEN);
    let mut quarantined = 0;
    for number in 0..TYPES {
        let status = admin.status(&id(number)).await?;
        let is_named = status["quarantine"]["code"].is_string();
        quarantined += usize::from(status["state"] == "quarantined" && is_named);
    }
    let share = quarantined as f64 / TYPES as f64;
    let what = "of these, those that the status tells to be quarantined, and why";
    figures.push(Figure::at_least(attack, what, share, 1.0, "of all"));
    let share = share_read(&host, size.lasting).await?;
    let what = "good documents read beside them";
    figures.push(Figure::at_least(attack, what, share, 1.0, "of all"));
    Ok(figures)
}

fn for_an_hour() -> String {
    sleep(Duration::from_secs(3600))
}

/// Rules that ask for a surname and check that it is there.
pub(super) fn rules(name: &str, document_type: &str) -> Guest {
    let mut guest = Guest::good();
    guest.describes(name, "1.0.0", &[document_type]);
    guest.requests(&[RawRequest { max_length: 4, ..RawRequest::default() }]);
    guest.reports(&[("surname", None, "visual")], &[RawCheck::default()]);
    guest
}

/// The shipped passport, and a document type of these rules beside it.
fn root_beside(name: &str, component: &[u8]) -> anyhow::Result<TestRoot> {
    let root = TestRoot::with_base()?;
    root.add_shipped(PASSPORT)?;
    root.add_document_type(HOSTILE, name, component)?;
    Ok(root)
}
