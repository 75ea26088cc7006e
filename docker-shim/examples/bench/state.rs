//! A state with as many images as are wanted and three tags each, as a document for `image-service db import`.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use aws_lc_rs::digest::{Context, SHA256};
use fixtures::peers::{Recipe, digest};
use serde_json::{Value, json};
use zstd::stream::write::Encoder;

/// Of each image.
pub(crate) const TAGS: [&str; 3] = ["v1", "v2", "v3"];
const TIME: &str = "2024-05-06T07:08:09.123456789Z";
const NAMESPACE: &str = "default";

/// The IDs of the images, by number.
pub(crate) struct Numbered(Vec<String>);

/// The repository of an image; they sort like their numbers.
pub(crate) fn repository(number: u64) -> String {
    format!("registry.example/load/{number:09}")
}

impl Numbered {
    /// Writes a state with so many images.
    pub(crate) fn write(path: &Path, count: u32) -> Self {
        let template = Recipe::plain("numbered");
        let mut document = Document::create(path);
        let made: Vec<_> = (0..u64::from(count))
            .map(|number| {
                let recipe = recipe(&template, number);
                (recipe.image_id(), digest(&recipe.manifest_bytes()))
            })
            .collect();
        document.line(&json!({"header": {"format": "image-service", "version": 1, "store": "bench", "credentials": true}}));
        for number in sorted(&made, |(id, _)| id) {
            document.line(&image(&recipe(&template, number), &made[number as usize].0));
        }
        for number in sorted(&made, |(_, manifest)| manifest) {
            document.line(&manifest(&recipe(&template, number), &made[number as usize].1));
        }
        for number in sorted(&made, |(id, _)| id) {
            let (id, manifest) = &made[number as usize];
            document
                .line(&json!({"image_manifest": {"namespace": NAMESPACE, "image": id, "digest": manifest}}));
        }
        for (number, (id, manifest)) in (0..).zip(&made) {
            for tag in TAGS {
                document.line(
                    &json!({"tag": {"namespace": NAMESPACE, "repository": repository(number), "tag": tag,
                    "image": id, "target": manifest, "platform": "linux/amd64", "updated": TIME}}),
                );
            }
        }
        for (number, (id, manifest)) in (0..).zip(&made) {
            document.line(&json!({"repo_digest": {"namespace": NAMESPACE, "repository": repository(number),
                "digest": manifest, "image": id, "platform": "linux/amd64", "origin": "pulled"}}));
        }
        document.end();
        Self(made.into_iter().map(|(id, _)| id).collect())
    }

    /// 12 hex digits of every image's ID, as clients print and type them.
    pub(crate) fn short_ids(&self) -> Vec<String> {
        self.0.iter().map(|id| id["sha256:".len()..][..12].to_owned()).collect()
    }
}

fn sorted(made: &[(String, String)], key: impl Fn(&(String, String)) -> &String) -> Vec<u64> {
    let mut numbers: Vec<u64> = (0..made.len() as u64).collect();
    numbers.sort_by_key(|number| key(&made[*number as usize]));
    numbers
}

fn recipe(template: &Recipe, number: u64) -> Recipe {
    let mut recipe = template.clone();
    recipe.config["config"]["Labels"] = json!({ "number": number.to_string() });
    recipe
}

fn image(recipe: &Recipe, id: &str) -> Value {
    let sizes: Vec<_> = recipe.layers.iter().map(|layer| layer.blob.len()).collect();
    json!({"image": {"namespace": NAMESPACE, "id": id, "config": text(recipe.config_bytes()),
        "layer_sizes": sizes, "last_tagged": null}})
}

fn manifest(recipe: &Recipe, digest: &str) -> Value {
    json!({"manifest": {"namespace": NAMESPACE, "digest": digest, "media_type": recipe.format.manifest(),
        "content": text(recipe.manifest_bytes())}})
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("JSON is text")
}

/// Lines, compressed, with the end that tells of them.
struct Document {
    to: Encoder<'static, BufWriter<File>>,
    hasher: Context,
    lines: u64,
}

impl Document {
    fn create(path: &Path) -> Self {
        let to = BufWriter::new(File::create(path).expect("a temporary file"));
        let to = Encoder::new(to, 1).expect("zstd is there");
        Self { to, hasher: Context::new(&SHA256), lines: 0 }
    }

    fn line(&mut self, line: &Value) {
        let line = format!("{line}\n");
        self.hasher.update(line.as_bytes());
        self.to.write_all(line.as_bytes()).expect("there is room");
        self.lines += 1;
    }

    fn end(mut self) {
        let digest: String =
            self.hasher.clone().finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        self.line(&json!({"end": {"lines": self.lines, "digest": format!("sha256:{digest}")}}));
        self.to.finish().and_then(|mut file| file.flush()).expect("there is room");
    }
}
