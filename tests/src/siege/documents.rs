//! Documents that starve documents.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use image::ImageFormat;

use super::host::{Host, PASSPORT};
use super::pages::{jpeg_of_scans, webp_of_one_colour};
use super::wire::{Crowd, PATIENCE, crowd};
use super::{Attack, Figure, Size};
use crate::{Client, bad_images, samples_of};

/// Beside an attack a good document takes at most this many times of what it takes beside as many
/// ordinary ones.
const RATIO: f64 = 3.0;
/// What a host may take at most while 31 clients send what takes much: its limit of pages in work is 1
/// GiB and that of bodies a quarter; the base is beside.
const PEAK_BYTES: f64 = 1.5 * GIB;
const GIB: f64 = (1 << 30) as f64;
/// A file that is dear to decode is refused before anything is decoded.
const REFUSAL_SECONDS: f64 = 1.0;

pub(super) async fn many_small(binary: &Path, size: Size) -> anyhow::Result<Vec<Figure>> {
    const CLIENTS: usize = 20;
    let (host, _root) = Host::of_passports(binary, &[]).await?;
    let tiny = bad_images::blank(16, 12, ImageFormat::Png);
    let ratio = against_ordinary(&host, size, CLIENTS, (PASSPORT, tiny), Some("sex")).await?;
    let what = "a good document beside 20 clients, of what it takes beside 20 ordinary ones";
    let figure = Figure::at_most(Attack::ManySmall, what, ratio, RATIO, "times");
    Ok(vec![figure.before("14.5 times")])
}

pub(super) async fn few_bytes_many_pixels(
    binary: &Path,
    size: Size,
) -> anyhow::Result<Vec<Figure>> {
    const CLIENTS: usize = 8;
    const MANY: usize = 31;
    let attack = Attack::FewBytesManyPixels;
    let (host, _root) = Host::of_passports(binary, &[]).await?;
    let page = webp_of_one_colour(6300);
    let ratio = against_ordinary(&host, size, CLIENTS, (PASSPORT, page.clone()), None).await?;
    let what = "a good document beside 8 clients, of what it takes beside 8 ordinary ones";
    let figure = Figure::at_most(attack, what, ratio, RATIO, "times");
    let mut figures = vec![figure.before("1.5 times")];
    let attackers = posting(&host, MANY, (PASSPORT, page), None);
    tokio::time::sleep(size.lasting).await;
    drop(attackers);
    let peak = host.peak_bytes()? / GIB;
    let what = "the most memory that the host took beside 31 clients";
    let figure = Figure::at_most(attack, what, peak, PEAK_BYTES / GIB, "GiB");
    figures.push(figure.before("1.3 GiB"));
    Ok(figures)
}

pub(super) async fn dear_bytes(binary: &Path) -> anyhow::Result<Vec<Figure>> {
    let (host, _root) = Host::of_passports(binary, &[]).await?;
    let client = host.client();
    let mut figures = Vec::new();
    let dear = [
        ("a progressive JPEG of 2,000 scans", jpeg_of_scans(2000, 2000)),
        ("a PNG of 1 x 16,000", bad_images::blank(1, 16_000, ImageFormat::Png)),
    ];
    for (what, page) in dear {
        let start = Instant::now();
        let answer = client.extract_fields(PASSPORT, &[page], "sex").await?;
        let seconds = start.elapsed().as_secs_f64();
        ensure!(answer.status >= 400, "{what} is read as a page");
        let what = format!("the answer to {what}");
        figures.push(Figure::at_most(Attack::DearBytes, &what, seconds, REFUSAL_SECONDS, "s"));
    }
    Ok(figures)
}

/// How many times longer a good document takes beside clients that send `document`, of a type and one page,
/// than beside as many that send ordinary documents.
pub(super) async fn against_ordinary(
    host: &Host,
    size: Size,
    clients: usize,
    document: (&'static str, Vec<u8>),
    fields: Option<&'static str>,
) -> anyhow::Result<f64> {
    let ordinary = passport()?;
    let beside_ordinary = {
        let _beside = posting(host, clients, (PASSPORT, ordinary), None);
        median_time(host, size.documents).await?
    };
    let _beside = posting(host, clients, document, fields);
    let beside_attack = median_time(host, size.documents).await?;
    Ok(beside_attack.as_secs_f64() / beside_ordinary.as_secs_f64())
}

/// Clients that post one document again and again, whatever they are answered.
fn posting(
    host: &Host,
    clients: usize,
    (document_type, page): (&'static str, Vec<u8>),
    fields: Option<&'static str>,
) -> Crowd {
    let client = host.client();
    crowd(clients, move || {
        let (client, page) = (client.clone(), page.clone());
        async move {
            let pages = [page];
            // Whatever comes back is not looked at.
            let _ = match fields {
                Some(fields) => client.extract_fields(document_type, &pages, fields).await,
                None => client.extract(document_type, &pages).await,
            };
        }
    })
}

/// The median of what good documents take, one after the other. One that is not answered took as long
/// as anybody waits.
async fn median_time(host: &Host, documents: usize) -> anyhow::Result<Duration> {
    let client = host.client();
    let page = passport()?;
    // The others are in full swing then.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut times = Vec::with_capacity(documents);
    for _ in 0..documents {
        let start = Instant::now();
        let read = is_read(&client, &page).await;
        times.push(if read { start.elapsed() } else { PATIENCE * 3 });
    }
    times.sort();
    times.get(documents / 2).copied().context("at least one document")
}

/// The share of good documents that are read meanwhile, four a second.
pub(super) async fn share_read(host: &Host, lasting: Duration) -> anyhow::Result<f64> {
    let page = passport()?;
    let mut documents = tokio::task::JoinSet::new();
    let start = Instant::now();
    while start.elapsed() < lasting {
        let (client, page) = (host.client(), page.clone());
        documents.spawn(async move { is_read(&client, &page).await });
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let read = documents.join_all().await;
    let good = read.iter().filter(|read| **read).count();
    Ok(good as f64 / read.len() as f64)
}

pub(super) async fn is_read(client: &Client, page: &[u8]) -> bool {
    let pages = [page.to_vec()];
    let asked = client.extract(PASSPORT, &pages);
    let answer = tokio::time::timeout(PATIENCE * 3, asked).await;
    matches!(answer, Ok(Ok(answer)) if answer.status == 200)
}

pub(super) fn passport() -> anyhow::Result<Vec<u8>> {
    let sample = samples_of(PASSPORT)?.into_iter().next().context("a passport is shipped")?;
    sample.pages.into_iter().next().context("it has a page")
}
