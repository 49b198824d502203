//! How keys are declared: a group of them reads like a struct, and becomes one, with its flags.

/// Declares a group of keys:
///
/// ```text
/// keys! {
///     /// What the group is about.
///     GroupArgs, "Heading";
///
///     /// What the key does.
///     a_key: usize = 8, number("N", 1..=1_000);
///     /// A key without a default; the last text tells what happens where nobody sets it.
///     another: PathBuf, text("FOLDER"), unset "nothing is kept";
/// }
/// ```
///
/// makes a struct of `Option`s, which clap reads from arguments and variables and `FileConfig` from the
/// file, with a method a key that gives what was set, or the default.
macro_rules! keys {
    (
        $(#[doc = $about:literal])+
        $group:ident, $title:literal;
        $(
            $(#[doc = $meaning:literal])+
            $name:ident: $type:ty $(= $default:expr)?, $form:expr $(, unset $unset:literal)?;
        )+
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, Default)]
        pub struct $group {
            $(
                $(#[doc = $meaning])+
                pub $name: Option<$type>,
            )+
        }

        impl $group {
            $( keys!(@settled $name: $type $(= $default)?); )+
        }

        impl $crate::config::key::Group for $group {
            const TITLE: &'static str = $title;
            const ABOUT: &'static [&'static str] = &[$($about),+];

            fn keys() -> &'static [$crate::config::key::Key] {
                static KEYS: std::sync::LazyLock<Vec<$crate::config::key::Key>> =
                    std::sync::LazyLock::new(|| {
                        vec![$(
                            $crate::config::key::Key::of::<$type>(
                                stringify!($name),
                                &[$($meaning),+],
                                $form,
                                keys!(@unless $type $(= $default)? $(, $unset)?),
                            )
                        ),+]
                    });
                &KEYS
            }

            fn set(
                &mut self,
                name: &str,
                given: &$crate::config::value::Given<'_>,
            ) -> Option<Result<(), $crate::config::value::BadValue>> {
                match name {
                    $(
                        stringify!($name) => {
                            let read = <$type as $crate::config::value::Value>::read(given, &$form);
                            Some(read.map(|value| self.$name = Some(value)))
                        }
                    )+
                    _ => None,
                }
            }

            fn given(&self) -> Vec<Option<String>> {
                vec![$( self.$name.as_ref().map($crate::config::value::Value::shown) ),+]
            }

            fn over(self, lower: Self) -> Self {
                Self { $( $name: self.$name.or(lower.$name), )+ }
            }
        }

        impl clap::Args for $group {
            fn augment_args(command: clap::Command) -> clap::Command {
                let mut keys = <Self as $crate::config::key::Group>::keys().iter();
                $( let command = command.args(keys.next().map(|key| key.argument::<$type>())); )+
                command
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                Self::augment_args(command)
            }
        }

        impl clap::FromArgMatches for $group {
            fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self { $( $name: matches.get_one::<$type>(stringify!($name)).cloned(), )+ })
            }

            fn update_from_arg_matches(
                &mut self,
                matches: &clap::ArgMatches,
            ) -> Result<(), clap::Error> {
                let given = <Self as clap::FromArgMatches>::from_arg_matches(matches)?;
                *self = $crate::config::key::Group::over(given, std::mem::take(self));
                Ok(())
            }
        }
    };
    (@settled $name:ident: $type:ty = $default:expr) => {
        /// What is set, or the default.
        #[must_use]
        pub fn $name(&self) -> $type {
            $crate::config::declare::or_default(&self.$name, $default)
        }
    };
    (@settled $name:ident: $type:ty) => {
        /// What is set.
        #[must_use]
        pub fn $name(&self) -> Option<$type> {
            Clone::clone(&self.$name)
        }
    };
    (@unless $type:ty = $default:expr) => {{
        let default: $type = $default;
        $crate::config::key::Unless::Value($crate::config::value::Value::shown(&default))
    }};
    (@unless $type:ty, $unset:literal) => {
        $crate::config::key::Unless::Told($unset)
    };
}
pub(super) use keys;

pub(super) fn or_default<T: Clone>(given: &Option<T>, default: T) -> T {
    given.clone().unwrap_or(default)
}
