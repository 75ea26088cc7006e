//! Listings over pages.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::request::refused;
use crate::{
    error::{EcrReason, Result},
    ports::EcrStream,
};

/// All elements, page after page, each page asked for when the last was read. `page` takes the token of the page before and answers with the next;
/// empty means none, in both.
pub(super) fn elements<T, F>(
    operation: &'static str,
    page: impl Fn(String) -> F + Send + 'static,
) -> EcrStream<T>
where
    T: Send + 'static,
    F: Future<Output = Result<(Vec<T>, String)>> + Send + 'static,
{
    pages(operation, page).map_ok(|page| stream::iter(page).map(Ok)).try_flatten().boxed()
}

/// As `elements`, but for pages that are passed on as they come.
pub(super) fn pages<P, F>(
    operation: &'static str,
    page: impl Fn(String) -> F + Send + 'static,
) -> EcrStream<P>
where
    P: Send + 'static,
    F: Future<Output = Result<(P, String)>> + Send + 'static,
{
    let begin = (page, Some(String::new()));
    stream::try_unfold(begin, move |(page, token)| async move {
        let Some(token) = token else { return Ok(None) };
        let (elements, next) = page(token.clone()).await?;
        if !next.is_empty() && next == token {
            let message = "the listing does not advance: a page names itself as the next";
            return Err(refused(EcrReason::AnswerInvalid, operation, message));
        }
        Ok(Some((elements, (page, Some(next).filter(|next| !next.is_empty())))))
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn an_empty_page_does_not_end_a_listing() {
        let listing = elements("List", |token| async move {
            Ok(match token.as_str() {
                "" => (vec![1, 2], "a".to_owned()),
                "a" => (vec![], "b".to_owned()),
                _ => (vec![3], String::new()),
            })
        });
        assert_eq!(listing.try_collect::<Vec<_>>().await.unwrap(), [1, 2, 3]);
    }

    #[tokio::test]
    async fn a_page_that_names_itself_ends_in_an_error() {
        let mut listing = elements("List", |_| async { Ok((vec![1], "again".to_owned())) });
        assert_eq!(listing.next().await.unwrap().unwrap(), 1);
        assert!(listing.next().await.unwrap().is_err());
        assert!(listing.next().await.is_none());
    }

    #[tokio::test]
    async fn nothing_is_asked_for_before_it_is_read() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let mut listing = elements("List", move |token| {
            counter.fetch_add(1, Ordering::SeqCst);
            async move { Ok((vec![1, 2], format!("{token}x"))) }
        });
        assert_eq!(asked.load(Ordering::SeqCst), 0);
        listing.next().await.unwrap().unwrap();
        listing.next().await.unwrap().unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
