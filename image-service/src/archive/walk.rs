//! The one pass over an archive: layers go to the intake, documents are kept, the rest is passed over.

use std::io::{self, Read};

use bytes::Bytes;

use super::{
    Limits,
    compression::decoded,
    contents::{Contents, Found},
    docker, fault,
    input::Input,
    layer::{Candidate, Passed, may_be_layer},
    legacy,
    members::{BLOCK, Kind, Member, Members},
    meter::Meter,
    names::{folder, promised, within},
    oci,
    read::fill,
};
use crate::{error::Result, ports::LayerIntake};

/// Documents whatever they hold.
const DOCUMENTS: [&str; 3] = [docker::MANIFEST, oci::INDEX, legacy::REPOSITORIES];

/// Reads the archive to its end.
pub(super) fn contents(
    input: &mut (dyn Read + Send),
    limits: Limits,
    intake: &mut dyn LayerIntake,
) -> Result<Contents> {
    let mut input = Input(input);
    let meter = Meter::new(limits);
    let stream = decoded(&mut input, &meter).map_err(fault::unpacking)?;
    let mut walk = Walk { contents: Contents::new(limits), limits, meter, intake, layers: 0 };
    let mut members = Members::new(stream, limits);
    while let Some(member) = members.next().map_err(fault::unpacking)? {
        walk.member(&member, &mut members)?;
    }
    drop(members);
    // What lies behind the tar's end is nobody's; that the client can say all of it is what matters.
    io::copy(&mut input, &mut io::sink()).map_err(fault::unpacking)?;
    Ok(walk.contents)
}

struct Walk<'a> {
    contents: Contents,
    limits: Limits,
    meter: Meter,
    intake: &'a mut dyn LayerIntake,
    layers: u64,
}

impl Walk<'_> {
    fn member(&mut self, member: &Member, content: &mut impl Read) -> Result<()> {
        // What is not text cannot be named by a document either.
        let Ok(path) = std::str::from_utf8(&member.name) else { return Ok(()) };
        let name = within("", path)
            .ok_or_else(|| fault::invalid(format_args!("the name {path:?} points outside the archive")))?;
        match member.kind {
            Kind::File => self.file(name, member.size, content),
            Kind::Sparse => self.contents.insert(name, Found::Unusable("it is a sparse file".to_owned())),
            Kind::Symlink => {
                let base = folder(&name).to_owned();
                self.contents.link(name, "symlink", &base, &String::from_utf8_lossy(&member.link))
            }
            Kind::HardLink => {
                self.contents.link(name, "hardlink", "", &String::from_utf8_lossy(&member.link))
            }
            Kind::Other => Ok(()),
        }
    }

    fn file(&mut self, name: String, size: u64, content: &mut impl Read) -> Result<()> {
        let mut head = vec![0; usize::try_from(size).unwrap_or(BLOCK).min(BLOCK)];
        let read = fill(content, &mut head).map_err(fault::unpacking)?;
        head.truncate(read);
        let found = if DOCUMENTS.contains(&name.as_str()) {
            self.document(head, size, content)?
        } else if may_be_layer(&head) {
            self.layer(&name, head, size, content)?
        } else if matches!(head.trim_ascii_start(), [b'{' | b'[', ..]) {
            self.document(head, size, content)?
        } else {
            return Ok(());
        };
        self.contents.insert(name, found)
    }

    fn document(&self, mut head: Vec<u8>, size: u64, content: &mut impl Read) -> Result<Found> {
        let limit = self.limits.document;
        if size > limit {
            return Ok(Found::Unusable(format!("it is larger than the limit of {limit} bytes")));
        }
        content.read_to_end(&mut head).map_err(fault::unpacking)?;
        Ok(Found::Document(Bytes::from(head)))
    }

    fn layer(&mut self, name: &str, head: Vec<u8>, size: u64, rest: &mut impl Read) -> Result<Found> {
        self.layers += 1;
        if self.layers > self.limits.layers {
            let limit = self.limits.layers;
            return Err(fault::refused(&format!("the archive has more than the limit of {limit} layers")));
        }
        let candidate = Candidate { promised: promised(name), head, rest, size };
        Ok(match candidate.pass(&self.meter, self.intake)? {
            Passed::Layer(layer) => Found::Layer(layer),
            Passed::Damaged(why) => Found::Unusable(format!("it cannot be decompressed: {why}")),
        })
    }
}
