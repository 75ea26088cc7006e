//! Archives of very many members.

use std::io::{self, Read};

use image_service::{archive::Limits, ports::Archives};

use super::world::{Recorder, amd64, fault, header, reader};

/// A tar of so many small files, made while it is read.
struct Many {
    left: usize,
    content: &'static str,
    block: io::Cursor<Vec<u8>>,
}

impl Many {
    fn of(content: &'static str, left: usize) -> Self {
        Self { left, content, block: io::Cursor::default() }
    }
}

impl Read for Many {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.block.read(buffer)? {
            0 if self.left == 0 => Ok(0),
            0 => {
                self.left -= 1;
                let name = format!("layers/{:032}/data", self.left);
                let mut header = header(&name, tar::EntryType::Regular, self.content.len() as u64);
                header.set_cksum();
                let mut block = header.as_bytes().to_vec();
                block.extend(self.content.bytes());
                block.resize(block.len().next_multiple_of(512), 0);
                self.block = io::Cursor::new(block);
                self.block.read(buffer)
            }
            read => Ok(read),
        }
    }
}

fn refused(limits: Limits, many: Many) -> String {
    let mut input = many.chain(&[0; 1024][..]);
    fault(reader(limits).read(&mut input, &amd64(), &mut Recorder::default()))
}

#[test]
fn a_hundred_thousand_members_that_are_nothing_cost_nothing() {
    let limits = Limits { remembered: 1, ..Limits::default() };
    assert!(refused(limits, Many::of("1.0", 100_000)).contains("does not contain a manifest.json"));
}

#[test]
fn a_hundred_thousand_documents_are_refused_when_they_are_too_much_to_remember() {
    let text = refused(Limits::default(), Many::of("{}", 100_000));
    assert_eq!(text, "invalid archive: its metadata is larger than the limit of 50331648 bytes");
    assert!(refused(Limits::default(), Many::of("{}", 50_000)).contains("does not contain a manifest.json"));
}

#[test]
fn members_without_end_come_to_one() {
    let limits = Limits { members: 1000, ..Limits::default() };
    let text = refused(limits, Many::of("1.0", usize::MAX));
    assert_eq!(text, "the archive has more than the limit of 1000 members");
}
