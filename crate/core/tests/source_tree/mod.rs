//! Reads the sources of a crate: what each file defines, re-exports and names by a path.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{fs, mem};

use regex::Regex;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, UseTree, VisRestricted, Visibility};

/// One file without its tests.
pub struct SourceFile {
    /// Where it is.
    pub path: PathBuf,
    /// The module's path in the crate.
    pub module: Vec<String>,
    /// The whole text.
    pub text: String,
    /// Its lines without tests.
    pub lines: usize,
    /// Whether it has more than declarations of modules and re-exports.
    pub has_items: bool,
    /// The types that it defines.
    pub types: Vec<String>,
    /// Names that it re-exports, with the path from the root of the crate.
    pub reexports: BTreeMap<String, Vec<String>>,
    /// All that it names by a path from the root of the crate.
    pub paths: BTreeSet<Vec<String>>,
}

/// The files of a crate, without modules for tests.
pub fn read_crate(name: &str) -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(name)
        .join("src");
    let mut paths = Vec::new();
    find_files(&root, &mut paths);
    paths.sort_unstable();
    let mut test_modules = BTreeSet::new();
    let files: Vec<SourceFile> = paths
        .into_iter()
        .map(|path| {
            let module = module_of(path.strip_prefix(&root).unwrap());
            read_file(path, module, &mut test_modules)
        })
        .collect();
    let is_test = |file: &SourceFile| test_modules.contains(&file.module);
    files.into_iter().filter(|file| !is_test(file)).collect()
}

fn find_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn module_of(path: &Path) -> Vec<String> {
    let path = path.with_extension("");
    let mut module: Vec<String> = path
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

fn read_file(
    path: PathBuf,
    module: Vec<String>,
    test_modules: &mut BTreeSet<Vec<String>>,
) -> SourceFile {
    let text = fs::read_to_string(&path).unwrap();
    let syntax =
        syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut names = NameCollector {
        inside: module.clone(),
        ..NameCollector::default()
    };
    names.visit_file(&syntax);
    test_modules.append(&mut names.test_modules);
    let source = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    SourceFile {
        lines: source.lines().count(),
        has_items: syntax.items.iter().any(|item| match item {
            Item::Use(_) => false,
            Item::Mod(item) => item.content.is_some() && !is_for_tests(&item.attrs),
            _ => true,
        }),
        paths: names.absolute_paths(),
        types: names.types,
        reexports: names.reexports,
        path,
        module,
        text,
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Path>()
                .is_ok_and(|argument| argument.is_ident("test"))
    })
}

#[derive(Default)]
struct NameCollector {
    /// The module whose items are being visited.
    inside: Vec<String>,
    types: Vec<String>,
    reexports: BTreeMap<String, Vec<String>>,
    test_modules: BTreeSet<Vec<String>>,
    /// What names mean that were imported or are child modules.
    aliases: BTreeMap<String, Vec<String>>,
    /// Paths from the root of the crate.
    absolute: BTreeSet<Vec<String>>,
    /// Other paths, which begin with a name of this file or with another crate.
    relative: BTreeSet<Vec<String>>,
}

impl NameCollector {
    fn absolute_paths(&mut self) -> BTreeSet<Vec<String>> {
        let mut paths = mem::take(&mut self.absolute);
        for path in &self.relative {
            let (first, rest) = path.split_first().unwrap();
            if let Some(target) = self.aliases.get(first) {
                paths.insert(target.iter().chain(rest).cloned().collect());
            }
        }
        paths
    }

    fn add_path(&mut self, path: Vec<String>) {
        match self.absolute_path(&path) {
            Some(path) => self.absolute.insert(path),
            None => self.relative.insert(path),
        };
    }

    /// A path that begins with `crate`, `self` or `super`, from the root of the crate.
    fn absolute_path(&self, path: &[String]) -> Option<Vec<String>> {
        let mut base = match path.first()?.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => self.inside.clone(),
            _ => return None,
        };
        for segment in path {
            match segment.as_str() {
                "crate" | "self" => {}
                "super" => _ = base.pop(),
                _ => base.push(segment.clone()),
            }
        }
        Some(base)
    }

    fn add_use(&mut self, tree: &UseTree, before: &[String], is_public: bool) {
        let mut path = before.to_vec();
        match tree {
            UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                self.add_use(&tree.tree, &path, is_public);
            }
            UseTree::Group(tree) => {
                for tree in &tree.items {
                    self.add_use(tree, before, is_public);
                }
            }
            UseTree::Name(tree) if tree.ident == "self" => {
                let name = before.last().unwrap().clone();
                self.import(name, path, is_public);
            }
            UseTree::Name(tree) => {
                let name = tree.ident.to_string();
                path.push(name.clone());
                self.import(name, path, is_public);
            }
            UseTree::Rename(tree) => {
                path.push(tree.ident.to_string());
                self.import(tree.rename.to_string(), path, is_public);
            }
            _ => self.add_path(path),
        }
    }

    fn import(&mut self, name: String, path: Vec<String>, is_public: bool) {
        let target = self.absolute_path(&path).or_else(|| {
            let (first, rest) = path.split_first()?;
            let target = self.aliases.get(first)?;
            Some(target.iter().chain(rest).cloned().collect())
        });
        if let Some(target) = target {
            if is_public {
                self.reexports.insert(name.clone(), target.clone());
            }
            self.aliases.insert(name, target);
        }
        self.add_path(path);
    }
}

impl<'ast> Visit<'ast> for NameCollector {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Mod(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &[],
        };
        if is_for_tests(attributes) {
            if let Item::Mod(item) = item {
                let mut module = self.inside.clone();
                module.push(item.ident.to_string());
                self.test_modules.insert(module);
            }
            return;
        }
        let name = match item {
            Item::Struct(item) => Some(&item.ident),
            Item::Enum(item) => Some(&item.ident),
            Item::Trait(item) => Some(&item.ident),
            Item::Type(item) => Some(&item.ident),
            _ => None,
        };
        self.types.extend(name.map(ToString::to_string));
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = item.ident.to_string();
        let mut module = self.inside.clone();
        module.push(name.clone());
        self.aliases.insert(name, module.clone());
        let outside = mem::replace(&mut self.inside, module);
        visit::visit_item_mod(self, item);
        self.inside = outside;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_public = !matches!(item.vis, Visibility::Inherited);
        self.add_use(&item.tree, &[], is_public);
    }

    // `pub(super)` imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter();
        self.add_path(segments.map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        static PATH: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"\b[A-Za-z_]\w*(?:\s*::\s*[A-Za-z_]\w*)+").unwrap());
        static TYPE: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"\b(?:struct|enum|trait)\s+([A-Z]\w*)").unwrap());
        let tokens = item.tokens.to_string();
        for path in PATH.find_iter(&tokens) {
            let segments = path.as_str().split("::");
            self.add_path(segments.map(|segment| segment.trim().to_owned()).collect());
        }
        for defined in TYPE.captures_iter(&tokens) {
            self.types.push(defined[1].to_owned());
        }
        visit::visit_macro(self, item);
    }
}
