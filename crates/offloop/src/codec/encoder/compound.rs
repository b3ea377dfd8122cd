//! Sequences, maps and structs.

use serde::Serialize;
use serde::ser;

use super::{Encoder, Unwritable, Why, Written};
use crate::codec::mark::Names;

impl Encoder {
    pub(super) fn enter(&mut self, levels: u32) -> Written {
        self.deeper = self.deeper.checked_sub(levels).ok_or(Why::Deep)?;
        Ok(())
    }

    pub(super) fn leave(&mut self, levels: u32) {
        self.deeper += levels;
    }

    /// Writes an element, which counts if it takes no bytes.
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        let before = self.out.len();
        value.serialize(&mut *self)?;
        if self.out.len() == before {
            self.empty = self.empty.checked_sub(1).ok_or(Why::Empty)?;
        }
        Ok(())
    }

    /// Runs `write` a level deeper.
    pub(super) fn inside(&mut self, write: impl FnOnce(&mut Self) -> Written) -> Written {
        self.enter(1)?;
        write(self)?;
        self.leave(1);
        Ok(())
    }
}

/// Elements that are counted: those of sequences, tuples and maps.
pub(in crate::codec) struct Elements<'a> {
    encoder: &'a mut Encoder,
    left: usize,
    levels: u32,
}

impl<'a> Elements<'a> {
    /// So many, so many levels deeper.
    pub(super) fn new(encoder: &'a mut Encoder, left: usize, levels: u32) -> Result<Self, Unwritable> {
        encoder.enter(levels)?;
        Ok(Self { encoder, left, levels })
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.left = self.left.checked_sub(1).ok_or(Why::Miscounted)?;
        self.encoder.element(value)
    }

    fn end(self) -> Written {
        self.encoder.leave(self.levels);
        if self.left == 0 { Ok(()) } else { Err(Why::Miscounted.into()) }
    }
}

/// Fields with their names.
pub(in crate::codec) struct Fields<'a> {
    encoder: &'a mut Encoder,
    /// Where the mark belongs, which is known with the last field.
    mark: usize,
    names: Names,
    count: usize,
    levels: u32,
}

impl<'a> Fields<'a> {
    pub(super) fn new(encoder: &'a mut Encoder, levels: u32) -> Result<Self, Unwritable> {
        encoder.enter(levels)?;
        let mark = encoder.out.len();
        encoder.mark([0; 4])?;
        Ok(Self { encoder, mark, names: Names::default(), count: 0, levels })
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
        self.names = self.names.then(name);
        self.count += 1;
        self.encoder.element(value)
    }

    fn end(self) -> Written {
        self.encoder.out.replace(self.mark, self.names.fields(self.count));
        self.encoder.leave(self.levels);
        Ok(())
    }
}

macro_rules! elements {
    ($($trait:ident::$element:ident),*) => {
        $(impl ser::$trait for Elements<'_> {
            type Ok = ();
            type Error = Unwritable;

            fn $element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                self.element(value)
            }

            fn end(self) -> Written {
                self.end()
            }
        })*
    };
}

elements!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

impl ser::SerializeMap for Elements<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.element(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        value.serialize(&mut *self.encoder)
    }

    fn end(self) -> Written {
        self.end()
    }
}

macro_rules! fields {
    ($($trait:ident),*) => {
        $(impl ser::$trait for Fields<'_> {
            type Ok = ();
            type Error = Unwritable;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
                self.field(name, value)
            }

            fn skip_field(&mut self, name: &'static str) -> Written {
                Err(Why::Skipped(name).into())
            }

            fn end(self) -> Written {
                self.end()
            }
        })*
    };
}

fields!(SerializeStruct, SerializeStructVariant);
