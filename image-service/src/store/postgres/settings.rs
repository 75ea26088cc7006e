//! Which database, and how patient to be with it.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    ConnectOptions as _, Connection as _,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};

use super::{Pool, PostgresError};

/// A service that has gone without a word lets the others change something again.
const SILENCE: [(&str, &str); 4] = [
    ("idle_in_transaction_session_timeout", "30s"),
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
];
/// A connection that was used so lately is taken to be there. Otherwise it is asked first, so that one whose server has gone without a word costs
/// no more than the wait for a connection.
const RESTED: Duration = Duration::from_secs(1);
/// No connection is used for ever.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 60);

/// How a database is reached.
#[derive(Clone, Debug)]
pub struct PostgresSettings {
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`
    pub url: SecretString,
    /// PEM certificates of authorities to trust besides the well-known ones. Only with `sslmode` `verify-ca` or `verify-full`.
    pub authorities: Option<Vec<u8>>,
    /// The most that this process has open for reading, and as many for changes.
    pub connections: u32,
    /// How long a look-up waits for a connection.
    pub read_wait: Duration,
    /// How long a change waits for a connection.
    pub change_wait: Duration,
    /// How long a change waits for those of others.
    pub lock_timeout: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
    /// A connection that was not used for so long is closed: a firewall may have forgotten it.
    pub idle_timeout: Duration,
    /// How often a change is made again that was undone for others.
    pub repetitions: u32,
}

impl PostgresSettings {
    /// With the usual patience.
    #[must_use]
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            authorities: None,
            connections: 8,
            read_wait: Duration::from_secs(5),
            change_wait: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(20),
            statement_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(60),
            repetitions: 5,
        }
    }

    /// Whether it can be used, as far as that can be told without connecting.
    pub fn check(&self) -> Result<(), PostgresError> {
        // A wait for a lock is a part of its statement.
        if self.lock_timeout >= self.statement_timeout {
            return Err(PostgresError::Impatient);
        }
        self.for_work().map(drop)
    }

    /// How to connect for what may take long, without time limits: bringing the schema up to date, and what an operator looks at.
    pub(super) fn for_migration(&self) -> Result<PgConnectOptions, PostgresError> {
        let options: PgConnectOptions = self.url.expose_secret().parse().map_err(|_| PostgresError::Url)?;
        let options = match &self.authorities {
            Some(pem) if verifies(options.get_ssl_mode()) => options.ssl_root_cert_from_pem(pem.clone()),
            Some(_) => return Err(PostgresError::Unverified),
            None => options,
        };
        Ok(options.application_name("image-service").options(SILENCE).disable_statement_logging())
    }

    /// How to connect for everything else.
    pub(super) fn for_work(&self) -> Result<PgConnectOptions, PostgresError> {
        let milliseconds = |timeout: Duration| timeout.as_millis().to_string();
        Ok(self.for_migration()?.options([
            ("lock_timeout", milliseconds(self.lock_timeout)),
            ("statement_timeout", milliseconds(self.statement_timeout)),
        ]))
    }

    /// One connection, to bring the schema up to date.
    pub(super) async fn migration_pool(&self) -> Result<Pool, PostgresError> {
        let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(self.read_wait);
        Ok(pool.connect_with(self.for_migration()?).await?)
    }

    /// Connections for changes: each is asked before it is used, as a change is not made again.
    pub(super) async fn writer_pool(&self) -> Result<Pool, PostgresError> {
        Ok(self.pool(self.change_wait).connect_with(self.for_work()?).await?)
    }

    /// Connections for look-ups, which are made again if their connection was lost.
    pub(super) async fn reader_pool(&self) -> Result<Pool, PostgresError> {
        let pool = self.pool(self.read_wait).test_before_acquire(false);
        let pool = pool.before_acquire(|connection, state| {
            Box::pin(async move {
                if state.idle_for >= RESTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        });
        Ok(pool.connect_with(self.for_work()?).await?)
    }

    fn pool(&self, wait: Duration) -> PgPoolOptions {
        let pool = PgPoolOptions::new().max_connections(self.connections).acquire_timeout(wait);
        pool.max_lifetime(LONGEST_LIFE).idle_timeout(self.idle_timeout)
    }
}

const fn verifies(mode: PgSslMode) -> bool {
    matches!(mode, PgSslMode::VerifyCa | PgSslMode::VerifyFull)
}
