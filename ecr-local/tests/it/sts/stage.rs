//! Makes calls of STS: forms, signed or not.

use ecr_local::Builder;
use time::OffsetDateTime;

use crate::{
    control::caller::Key,
    stage::{Reply, Stage, read},
};

pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
/// Of two accounts.
pub(crate) const OWN: Key<'static> = Key { id: "AKIDONE", secret: "s3cret", region: "us-east-1" };
pub(crate) const OTHER: Key<'static> = Key { id: "AKIDTWO", secret: "t0ken", region: "us-east-1" };

/// Somewhere only these two have business.
pub(crate) fn closed(builder: Builder) -> Builder {
    let builder = builder.access_key(OWN.id, OWN.secret.into(), "111111111111");
    builder.access_key(OTHER.id, OTHER.secret.into(), "222222222222")
}

/// What a client has of temporary credentials.
#[derive(Clone, Debug)]
pub(crate) struct Temporary {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
}

impl Temporary {
    pub(crate) fn of(reply: &Reply) -> Self {
        let text = |name| inner(reply, name);
        Self { id: text("AccessKeyId"), secret: text("SecretAccessKey"), token: text("SessionToken") }
    }

    pub(crate) fn key(&self) -> Key<'_> {
        Key { id: &self.id, secret: &self.secret, region: "us-east-1" }
    }
}

/// A form with the version that there is.
pub(crate) fn form(action: &str, fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("Action", action).append_pair("Version", "2011-06-15");
    form.extend_pairs(fields).finish()
}

/// A form that asks for a role.
pub(crate) fn assume(role: &str, more: &[(&str, &str)]) -> String {
    form("AssumeRole", &[&[("RoleArn", role), ("RoleSessionName", "tests")], more].concat())
}

/// The text of the first element of a name.
#[track_caller]
pub(crate) fn inner(reply: &Reply, name: &str) -> String {
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name}: {text}"));
    rest.split_once('<').unwrap().0.to_owned()
}

impl Stage {
    /// Makes a call that is not signed.
    pub(crate) async fn query(&self, body: String) -> Reply {
        read(self.request("POST", "/").header(FORM.0, FORM.1).body(body)).await
    }

    /// Makes a signed one.
    pub(crate) async fn signed_query(&self, key: Key<'_>, body: &str) -> Reply {
        self.sign(key, OffsetDateTime::now_utc(), "sts", &[FORM], body).await
    }

    /// Makes one signed with temporary credentials.
    pub(crate) async fn temporary_query(&self, with: &Temporary, body: &str) -> Reply {
        let headers = [FORM, ("x-amz-security-token", &with.token)];
        self.sign(with.key(), OffsetDateTime::now_utc(), "sts", &headers, body).await
    }
}

impl Reply {
    /// Insists on an error in the shape of AWS Query, and gives its message.
    #[track_caller]
    pub(crate) fn faulted(&self, status: u16, code: &str) -> String {
        let found = inner(self, "Code");
        assert_eq!((self.status, &*found), (status, code), "{}", inner(self, "Message"));
        assert_eq!((self.header("content-type"), &*inner(self, "Type")), ("text/xml", "Sender"));
        assert_eq!(inner(self, "RequestId"), self.header("x-amzn-requestid"));
        inner(self, "Message")
    }
}
