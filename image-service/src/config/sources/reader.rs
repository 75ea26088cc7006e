//! Makes a type of a tree, by serde: whatever derives `Deserialize` can be configured, and its faults are told with their way.
//!
//! Texts of variables and flags have no type of their own: they become what is asked for.

use std::collections::btree_map;

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
        value::{MapAccessDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};

use super::{
    fault::Fault,
    file::parse_value,
    path::Step,
    tree::{Node, Value},
};

/// Reads one value.
pub(super) struct Reader<'a>(pub(super) &'a Node);

impl Reader<'_> {
    /// A value that a text can stand for if it is not a text itself.
    fn typed<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Value::Text(text) = &self.0.value else { return self.deserialize_any(visitor) };
        let origin = self.0.origin.clone();
        match parse_value(text.trim(), &origin) {
            Some(value) => Reader(&Node { value, origin }).deserialize_any(visitor),
            None => self.deserialize_any(visitor),
        }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.value {
            Value::StandIn => visitor.visit_u64(1),
            _ => self.typed(visitor),
        }
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.number(visitor)
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.value {
            Value::Text(text) | Value::String(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(truth) => visitor.visit_bool(*truth),
            Value::Unwanted(kind) => Err(Fault::invalid_type(Unexpected::Other(kind), &visitor)),
            Value::Array(elements) => visitor.visit_seq(Elements { elements, next: 0 }),
            Value::Table(entries) => visitor.visit_map(Entries { entries: entries.iter(), value: None }),
            Value::Told | Value::StandIn => visitor.visit_str(""),
        }
    }

    numbers!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128);
    numbers!(deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128);
    numbers!(deserialize_f32 deserialize_f64);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.value {
            Value::StandIn => visitor.visit_bool(false),
            _ => self.typed(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.value {
            Value::StandIn => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.value {
            Value::StandIn => visitor.visit_seq(Elements { elements: &[], next: 0 }),
            _ => self.typed(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.value {
            Value::StandIn => visitor.visit_map(Entries { entries: btree_map::Iter::default(), value: None }),
            _ => self.typed(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.0.value {
            Value::Text(text) | Value::String(text) => visitor.visit_enum(word(text)),
            Value::StandIn => visitor.visit_enum(word(variants.first().copied().unwrap_or_default())),
            Value::Table(entries) => {
                let entries = Entries { entries: entries.iter(), value: None };
                visitor.visit_enum(MapAccessDeserializer::new(entries))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

fn word(text: &str) -> StrDeserializer<'_, Fault> {
    text.into_deserializer()
}

/// A table's entries that are still to be read.
struct Entries<'a> {
    entries: btree_map::Iter<'a, String, Node>,
    value: Option<(&'a String, &'a Node)>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.value = self.entries.by_ref().find(|(_, node)| !matches!(node.value, Value::Told));
        let Some((key, _)) = self.value else { return Ok(None) };
        seed.deserialize(word(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((key, node)) = self.value.take() else { return Err(Fault::custom("a value without a key")) };
        seed.deserialize(Reader(node)).map_err(|fault| fault.within(Step::Key(key.clone())))
    }
}

/// A list's elements, and which is the next.
struct Elements<'a> {
    elements: &'a [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let mut rest = self.elements.iter().enumerate().skip(self.next);
        let Some((at, node)) = rest.find(|(_, node)| !matches!(node.value, Value::Told)) else {
            return Ok(None);
        };
        self.next = at + 1;
        seed.deserialize(Reader(node)).map(Some).map_err(|fault| fault.within(Step::Index(at)))
    }
}
