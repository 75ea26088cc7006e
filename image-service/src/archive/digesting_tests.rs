use std::sync::mpsc;

use super::*;

fn pieces(lengths: &[usize]) -> Vec<Bytes> {
    lengths.iter().enumerate().map(|(number, length)| vec![number as u8; *length].into()).collect()
}

#[test]
fn pieces_of_any_length_are_hashed_in_their_order() {
    for lengths in [&[] as &[usize], &[0], &[1, 2], &[LEAST, 1, LEAST, LEAST - 1], &[1, LEAST, 0, 3 * LEAST]]
    {
        let mut digesting = Digesting::new();
        let pieces = pieces(lengths);
        pieces.iter().cloned().for_each(|piece| digesting.update(piece));
        assert_eq!(digesting.finish().unwrap(), Digest::of(&pieces.concat()), "{lengths:?}");
    }
}

#[test]
fn a_thread_ends_when_nothing_comes_and_another_goes_on() {
    let mut digesting = Digesting::new();
    let pieces = pieces(&[LEAST; 3]);
    for piece in &pieces {
        digesting.update(piece.clone());
        drop(digesting.0.wait(digesting.0.state(), |state| state.threaded));
    }
    assert_eq!(digesting.finish().unwrap(), Digest::of(&pieces.concat()));
}

#[test]
fn what_is_given_up_is_let_go_of() {
    struct Told(Vec<u8>, mpsc::Sender<()>);
    impl AsRef<[u8]> for Told {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.1.send(());
        }
    }
    let (told, gone) = mpsc::channel();
    let mut digesting = Digesting::new();
    for _ in 0..=AHEAD {
        digesting.update(Bytes::from_owner(Told(vec![0; LEAST], told.clone())));
    }
    drop((digesting, told));
    assert_eq!(gone.iter().count(), AHEAD + 1);
}
