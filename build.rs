//! Builds the join page with npm and hands it to the crate as a table of embedded, precompressed files.
//!
//! In: `web/` and the page's sentences. Out: `OUT_DIR/web` and `OUT_DIR/assets.rs`. With `GREENROOM_SKIP_WEB=1`,
//! for checks that need no page, a placeholder takes its place. `node_modules` is never watched, `web/dist` never
//! touched.

use std::{
    collections::hash_map::DefaultHasher,
    fmt::Write as _,
    fs,
    hash::{Hash as _, Hasher as _},
    io,
    path::{Path, PathBuf},
    process::Command,
};

const SKIP: &str = "GREENROOM_SKIP_WEB";
const NODE_MISSING: &str = "the join page is built with Node 20.19 or newer, which is missing: \
    https://nodejs.org/en/download (Debian: apt-get install nodejs npm)";
/// Entries of `web/` that the built page does not depend on.
const NOT_OF_THE_PAGE: [&str; 6] = ["node_modules", "dist", "test", "e2e", "README.md", "artifacts"];
/// What the page says, shared with the server's catalogue.
const SENTENCES: [&str; 2] = ["src/words/en/page.ftl", "src/words/de/page.ftl"];
const PLACEHOLDER: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Greenroom</title>\
    <p>This Greenroom was built without its join page (GREENROOM_SKIP_WEB=1).</p></html>\n";

fn main() {
    if let Err(problem) = run() {
        println!("cargo::error={problem}");
    }
}

fn run() -> Result<(), String> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: build with cargo")?);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={SKIP}");
    let site = if std::env::var_os(SKIP).is_some_and(|skip| skip == "1") {
        placeholder(&out)?
    } else {
        let sources = sources()?;
        for source in &sources {
            println!("cargo::rerun-if-changed={}", source.display());
        }
        build(&out, &sources)?
    };
    fs::write(out.join("assets.rs"), table(&site)?).map_err(named("assets.rs"))
}

fn placeholder(out: &Path) -> Result<PathBuf, String> {
    let site = out.join("placeholder");
    fs::create_dir_all(&site).map_err(named("placeholder"))?;
    fs::write(site.join("index.html"), PLACEHOLDER).map_err(named("placeholder"))?;
    Ok(site)
}

/// The page for these sources, built unless the last one was of the very same.
fn build(out: &Path, sources: &[PathBuf]) -> Result<PathBuf, String> {
    let (site, stamp) = (out.join("web"), out.join("web.stamp"));
    let print = fingerprint(sources)?;
    if fs::read_to_string(&stamp).is_ok_and(|built| built == print) {
        return Ok(site);
    }
    let _ = fs::remove_file(&stamp);
    if locked_newer_than_installed() {
        npm(&["ci", "--no-audit", "--no-fund", "--loglevel=error"])?;
        touch(INSTALLED)?;
    }
    let site_arg = site.to_str().ok_or("the target directory's path is not UTF-8")?;
    npm(&["run", "--silent", "build", "--", "--outDir", site_arg, "--emptyOutDir", "--logLevel", "warn"])?;
    command("node", &["embed.mjs", site_arg])?;
    fs::write(&stamp, print).map_err(named("web.stamp"))?;
    Ok(site)
}

const INSTALLED: &str = "web/node_modules/.package-lock.json";

fn locked_newer_than_installed() -> bool {
    let modified = |path: &str| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    modified(INSTALLED).is_none_or(|installed| modified("web/package-lock.json").is_none_or(|lock| lock > installed))
}

/// npm leaves the file's time alone when nothing in it changed.
#[expect(clippy::disallowed_methods, reason = "a build has no clock to take")]
fn touch(path: &str) -> Result<(), String> {
    let file = fs::File::options().append(true).open(path).map_err(named(path))?;
    file.set_modified(std::time::SystemTime::now()).map_err(named(path))
}

fn npm(arguments: &[&str]) -> Result<(), String> {
    command("npm", arguments)
}

fn command(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output =
        Command::new(program).args(arguments).current_dir("web").output().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => NODE_MISSING.to_owned(),
            _ => format!("{program} can't be run: {error}"),
        })?;
    if output.status.success() {
        return Ok(());
    }
    for line in [&output.stdout[..], &output.stderr].concat().split(|byte| *byte == b'\n') {
        println!("cargo::error={}", String::from_utf8_lossy(line));
    }
    Err(format!("`{program} {}` failed in web/", arguments.join(" ")))
}

/// Files and folders the built page depends on.
fn sources() -> Result<Vec<PathBuf>, String> {
    let mut sources: Vec<PathBuf> = SENTENCES.iter().map(PathBuf::from).collect();
    for entry in fs::read_dir("web").map_err(named("web"))? {
        let entry = entry.map_err(named("web"))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with('.') && !NOT_OF_THE_PAGE.contains(&&*name) {
            sources.push(entry.path());
        }
    }
    sources.sort();
    Ok(sources)
}

fn fingerprint(sources: &[PathBuf]) -> Result<String, String> {
    let mut hasher = DefaultHasher::new();
    for source in sources {
        for file in files(source)? {
            file.hash(&mut hasher);
            fs::read(&file).map_err(named(&file.display().to_string()))?.hash(&mut hasher);
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// All files at or under `path`, in order.
fn files(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries: io::Result<Vec<_>> = fs::read_dir(path).and_then(|entries| entries.map(|e| Ok(e?.path())).collect());
    let mut entries = entries.map_err(named(&path.display().to_string()))?;
    entries.sort();
    Ok(entries.iter().map(|entry| files(entry)).collect::<Result<Vec<_>, _>>()?.concat())
}

/// `&[Asset { .. }]` over every file of the built page; `embed.mjs` put the compressed twins beside them.
fn table(site: &Path) -> Result<String, String> {
    let mut table = "&[\n".to_owned();
    for file in files(site)? {
        let path = file.strip_prefix(site).map_err(|error| error.to_string())?.to_string_lossy().replace('\\', "/");
        if path.ends_with(".br") || path.ends_with(".gz") {
            continue;
        }
        let kind =
            content_type(&path).ok_or_else(|| format!("{path}: a kind of file that call/assets.rs can't serve"))?;
        let bytes = fs::read(&file).map_err(named(&path))?;
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let twin = |suffix: &str| {
            let twin = PathBuf::from(format!("{}.{suffix}", file.display()));
            if twin.exists() { format!("Some(include_bytes!({twin:?}))") } else { "None".to_owned() }
        };
        let _ = writeln!(
            table,
            "Asset {{ path: {path:?}, content_type: {kind:?}, etag: {:?}, plain: include_bytes!({file:?}), \
             brotli: {}, gzip: {} }},",
            format!("W/\"{:016x}\"", hasher.finish()),
            twin("br"),
            twin("gz"),
        );
    }
    table.push(']');
    Ok(table)
}

fn content_type(path: &str) -> Option<&'static str> {
    Some(match path.rsplit('.').next()? {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        _ => return None,
    })
}

fn named(what: &str) -> impl FnOnce(io::Error) -> String {
    let what = what.to_owned();
    move |error| format!("{what}: {error}")
}
