//! Archives of very many members.

use std::io::{self, Read};

use image_service::{archive::Limits, ports::Archives};

use super::world::{Recorder, amd64, fault, header, reader};

/// A tar of so many small files, made while it is read.
struct Many {
    left: usize,
    member: Vec<u8>,
    read: usize,
}

impl Many {
    fn of(content: &str, left: usize) -> Self {
        let mut header = header(&name(0), tar::EntryType::Regular, content.len() as u64);
        header.set_cksum();
        let mut member = [header.as_bytes(), content.as_bytes()].concat();
        member.resize(1024, 0);
        Self { left, read: member.len(), member }
    }
}

/// All have the same sum, and so all headers the same checksum.
fn name(number: usize) -> String {
    format!("{:08}{number:08}.json", 99_999_999 - number)
}

impl Read for Many {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read == self.member.len() {
            let Some(left) = self.left.checked_sub(1) else { return Ok(0) };
            let name = name(left % 100_000_000);
            self.member[..name.len()].copy_from_slice(name.as_bytes());
            (self.left, self.read) = (left, 0);
        }
        let read = (&self.member[self.read..]).read(buffer)?;
        self.read += read;
        Ok(read)
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
    assert_eq!(text, "invalid archive: its metadata is larger than the limit of 33554432 bytes");
    assert!(refused(Limits::default(), Many::of("{}", 10_000)).contains("does not contain a manifest.json"));
}

#[test]
fn members_without_end_come_to_one() {
    let limits = Limits { members: 1000, ..Limits::default() };
    let text = refused(limits, Many::of("1.0", usize::MAX));
    assert_eq!(text, "the archive has more than the limit of 1000 members");
}
