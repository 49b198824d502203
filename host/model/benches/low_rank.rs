//! What one adapter costs a layer of the decoder, in a step: as many vectors as fields are read.
//! `cargo bench --workspace --profile dev --bench low_rank`

use divan::Bencher;
use divan::counter::ItemsCount;
use dossier_model::debug::LowRankProduct;

fn main() {
    divan::main();
}

/// A layer of Donut-base's decoder.
const FEATURES: usize = 1024;

#[divan::bench(args = [1, 4, 8, 18])]
fn vectors(bencher: Bencher<'_, '_>, vectors: usize) {
    let mut product = LowRankProduct::new(vectors, FEATURES, FEATURES, 8);
    bencher.counter(ItemsCount::new(vectors)).bench_local(|| divan::black_box(product.add())[0]);
}

#[divan::bench(args = [4, 8, 16, 32, 64])]
fn ranks(bencher: Bencher<'_, '_>, rank: usize) {
    let mut product = LowRankProduct::new(8, FEATURES, FEATURES, rank);
    bencher.counter(ItemsCount::new(rank)).bench_local(|| divan::black_box(product.add())[0]);
}
