//! One list for each closed set of words: Rust's enum, the words themselves, what each means, and
//! TypeScript's type all come from it.

/// Declares an enum whose variants are written as words.
///
/// The enum has `ALL`, `as_str`, `description` (the variant's documentation) and `TYPESCRIPT` (a union
/// type of the given name), and is read and written by serde as its word.
#[macro_export]
macro_rules! text_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident as $typescript:literal {
            $(#[doc = $doc:literal] $(#[$variant_meta:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, $crate::serde::Deserialize)]
        $(#[$meta])*
        $vis enum $name {
            $(#[doc = $doc] $(#[$variant_meta])* #[serde(rename = $word)] $variant,)+
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        #[allow(dead_code, reason = "not every list needs all of this")]
        impl $name {
            /// Every one of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The type of these words in TypeScript.
            pub const TYPESCRIPT: &str =
                concat!("export type ", $typescript, " =", $("\n  | '", $word, "'",)+ ";\n");

            /// As it is written.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// What it means.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => $doc.trim_ascii(),)+
                }
            }
        }
    };
}
