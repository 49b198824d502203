//! Small changes of an input.

use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

/// Longer inputs only take longer.
const MAX_BYTES: usize = 64 << 10;
/// Numbers at which readers go wrong.
const NUMBERS: [u32; 12] =
    [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, u32::MAX];

/// One of `corpus` with up to eight changes.
pub(super) fn mutated(corpus: &[Vec<u8>], random: &mut StdRng) -> Vec<u8> {
    let mut input = corpus.choose(random).cloned().unwrap_or_default();
    for _ in 0..random.random_range(1..=8) {
        change(&mut input, corpus, random);
    }
    input.truncate(MAX_BYTES);
    input
}

fn change(input: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut StdRng) {
    if input.is_empty() {
        input.push(random.random());
        return;
    }
    let at = random.random_range(0..input.len());
    let length = random.random_range(1..=32_usize.min(input.len() - at));
    match random.random_range(0..9) {
        0 => input[at] ^= 1_u8 << random.random_range(0..8_u32),
        1 => input[at] = random.random(),
        2 => overwrite(input, at, random),
        3 => {
            input.drain(at..at + length);
        }
        4 => {
            let repeated = input[at..at + length].to_vec();
            insert(input, at, &repeated);
        }
        5 => input.truncate(at),
        6 => {
            let other = corpus.choose(random).map_or(&[][..], Vec::as_slice);
            let start = random.random_range(0..=other.len());
            let end = other.len().min(start + random.random_range(0..=256));
            insert(input, at, &other[start..end]);
        }
        7 => {
            let other = random.random_range(0..input.len());
            input.swap(at, other);
        }
        _ => change_number(input, at, random),
    }
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if input.len() + bytes.len() <= MAX_BYTES {
        input.splice(at..at, bytes.iter().copied());
    }
}

/// A number of one, two or four bytes, in either order.
fn overwrite(input: &mut [u8], at: usize, random: &mut StdRng) {
    let number = NUMBERS.choose(random).copied().unwrap_or_default();
    let bytes = if random.random() { number.to_be_bytes() } else { number.to_le_bytes() };
    let width = [1, 2, 4].choose(random).copied().unwrap_or(1);
    for (byte, new) in input[at..].iter_mut().zip(&bytes[..width]) {
        *byte = *new;
    }
}

/// In a text, the next digits become another number.
fn change_number(input: &mut Vec<u8>, at: usize, random: &mut StdRng) {
    let Some(start) = input[at..].iter().position(u8::is_ascii_digit) else { return };
    let start = at + start;
    let digits = input[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let texts = ["-1", "0", "1e999", "4294967296", "18446744073709551616", "0.1", "null", "[]"];
    let text = texts.choose(random).copied().unwrap_or_default();
    input.splice(start..start + digits, text.bytes());
}
