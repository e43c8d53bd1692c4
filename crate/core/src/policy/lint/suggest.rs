//! Suggests names: "Did you mean …?"

use std::cell::Cell;

/// Finds the known name that a wrong one was most likely meant to be.
pub struct NameSuggester {
    /// A bound on the work: a file in which every name is wrong must not take longer than a second.
    comparisons_left: Cell<usize>,
}

impl Default for NameSuggester {
    fn default() -> Self {
        Self {
            comparisons_left: Cell::new(100_000),
        }
    }
}

impl NameSuggester {
    /// The one of `known` that is most similar to `wrong`, without case; none if all differ too much.
    pub fn find<'a>(
        &self,
        wrong: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let length = wrong.chars().count();
        if length > 255 {
            return None;
        }
        let folded = wrong.to_lowercase();
        let max_distance = (length / 3).max(1);
        known
            .into_iter()
            .map_while(|name| {
                let left = self.comparisons_left.get().checked_sub(1)?;
                self.comparisons_left.set(left);
                Some(name)
            })
            .filter(|name| name.chars().count().abs_diff(length) <= max_distance)
            .map(|name| (strsim::osa_distance(&folded, &name.to_lowercase()), name))
            .filter(|(distance, _)| *distance <= max_distance)
            .min()
            .map(|(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::NameSuggester;

    #[test]
    fn finds_the_likely_name() {
        let known = ["show_when", "hide_when", "match", "id", "from"];
        for (wrong, found) in [
            ("show_wen", Some("show_when")),
            ("Show_When", Some("show_when")),
            ("form", Some("from")),
            ("mach", Some("match")),
            ("ID", Some("id")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(
                NameSuggester::default().find(wrong, known),
                found,
                "{wrong}"
            );
        }
    }

    #[test]
    fn stops_after_many_comparisons() {
        let suggester = NameSuggester::default();
        let known = vec!["abc"; 100_000];
        assert_eq!(suggester.find("abd", known.iter().copied()), Some("abc"));
        assert_eq!(suggester.find("abd", ["abc"]), None);
    }
}
