//! Inputs that are like others: for a fuzzer's work on a compiler without one. `OFFLOOP_FUZZ=100000` asks for so many of each file (default 100),
//! `OFFLOOP_SEED=7` for another choice; what fails is printed with both.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::{env, fs};

/// Numbers at which lengths, counts and shifts go wrong.
const ODD: [u64; 10] = [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 60, u64::MAX];

/// splitmix64. <https://prng.di.unimi.it/splitmix64.c>
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) >> 33).unwrap() % bound.max(1)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}

/// Holds the property for each file of a folder and for what is like it.
pub fn explore(folder: &Path, property: impl Fn(&[u8])) {
    let number = |name| env::var(name).ok().and_then(|text| text.parse().ok());
    let (count, seed) = (number("OFFLOOP_FUZZ").unwrap_or(100), number("OFFLOOP_SEED").unwrap_or(1));
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    assert!(files.len() > 5, "{} has {} files", folder.display(), files.len());
    let corpus: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let mut dice = Dice(seed);
    for (file, input) in files.iter().zip(&corpus) {
        hold(&property, input, &file.display().to_string());
        for round in 0..count {
            let other = &corpus[dice.below(corpus.len())];
            let input = mutated(input, other, &mut dice);
            hold(
                &property,
                &input,
                &format!("{}, OFFLOOP_SEED={seed} OFFLOOP_FUZZ={count}, its {round}th", file.display()),
            );
        }
    }
}

fn hold(property: &impl Fn(&[u8]), input: &[u8], what: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| property(input))) {
        eprintln!("found with {what}: {:?}", input.escape_ascii().to_string());
        resume_unwind(panic);
    }
}

fn mutated(input: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let to = (at + dice.below(9)).min(bytes.len());
        match dice.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 if at < bytes.len() => bytes[at] = dice.byte(),
            2 => bytes.insert(at, dice.byte()),
            3 => drop(bytes.drain(at..to)),
            4 => bytes.truncate(at),
            5 => {
                let again = bytes[at..to].repeat(1 + dice.below(20));
                bytes.splice(at..at, again);
            }
            6 => {
                let from = dice.below(other.len() + 1);
                let part = &other[from..(from + dice.below(20)).min(other.len())];
                bytes.splice(at..to, part.iter().copied());
            }
            _ => {
                let odd = ODD[dice.below(ODD.len())];
                let text = if dice.below(2) == 0 {
                    odd.to_le_bytes()[..1 + dice.below(8)].to_vec()
                } else {
                    odd.to_string().into_bytes()
                };
                bytes.splice(at..to, text);
            }
        }
    }
    bytes
}
