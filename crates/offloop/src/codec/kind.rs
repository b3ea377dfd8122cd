//! The kinds of values, added up.
//!
//! A type that implements serde by hand may write a number with a sign and read one without, or write a sequence and read a tuple; some bytes are
//! both. So a payload with a struct or a variant in it ends with the sum of the kinds that were written, and whoever reads compares it with the kinds
//! that were asked for. Each is an odd number, so that not even a block of 2³¹ elements adds up to nothing.

pub(super) const BOOL: u32 = 0x9e37_79b1;
pub(super) const U8: u32 = 0x85eb_ca77;
pub(super) const I8: u32 = 0xc2b2_ae3d;
pub(super) const UNSIGNED: u32 = 0x27d4_eb2f;
pub(super) const SIGNED: u32 = 0x1656_67b1;
pub(super) const F32: u32 = 0xd2a9_8b27;
pub(super) const F64: u32 = 0xaf25_1af3;
pub(super) const TEXT: u32 = 0xb455_2815;
pub(super) const BYTES: u32 = 0x6c62_272f;
pub(super) const OPTION: u32 = 0x5bd1_e995;
pub(super) const UNIT: u32 = 0x3c6e_f372 | 1;
pub(super) const SEQUENCE: u32 = 0x7feb_352d;
pub(super) const TUPLE: u32 = 0x846c_a68b;
pub(super) const MAP: u32 = 0xe654_6b65;
