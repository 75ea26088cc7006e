//! Why a change is refused, in dockerd's words: clients show them as they are.

/// Changes that cannot be read or are not allowed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChangeError {
    /// More text than is read.
    #[error("the changes have more than {limit} bytes")]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// Nothing but comments and empty lines.
    #[error("file with no instructions")]
    NoInstructions,
    /// An instruction that needs a build, or none at all; in lower case.
    #[error("{0} is not a valid change command")]
    NotAChange(String),
    /// An instruction with nothing behind it.
    #[error("{0} requires at least one argument")]
    NoArgument(&'static str),
    /// An instruction that takes one word.
    #[error("{0} requires exactly one argument")]
    NotOneArgument(&'static str),
    /// A name without a value.
    #[error("{0} must have two arguments")]
    NoValue(&'static str),
    /// `=value`
    #[error("{0} names can not be blank")]
    BlankName(&'static str),
    /// A word among `name=value` words.
    #[error("Syntax error - can't find = in {0:?}. Must be of the form: name=value")]
    NoEqualsSign(String),
    /// `CMD [1]`
    #[error("when using JSON array syntax, arrays must be comprised of strings only")]
    NotTexts,
    /// `SHELL sh`
    #[error("{0} requires the arguments to be in JSON form")]
    NotJson(&'static str),
    /// A flag that the instruction does not have.
    #[error("Unknown flag: {0}")]
    UnknownFlag(String),
    /// A flag twice.
    #[error("Duplicate flag specified: {0}")]
    DuplicateFlag(String),
    /// `--interval` without `=`
    #[error("Missing a value on flag: {0}")]
    FlagWithoutValue(String),
    /// `ONBUILD ONBUILD`
    #[error("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")]
    ChainedOnbuild,
    /// A trigger that no build can run; in upper case.
    #[error("{0} isn't allowed as an ONBUILD trigger")]
    NotATrigger(String),
    /// `HEALTHCHECK CMD`
    #[error("Missing command after HEALTHCHECK CMD")]
    NoCheck,
    /// `HEALTHCHECK NONE x`
    #[error("HEALTHCHECK NONE takes no arguments")]
    NoneWithArguments,
    /// Neither `CMD` nor `NONE`; in upper case.
    #[error("Unknown type {0:?} in HEALTHCHECK (try CMD)")]
    UnknownCheck(String),
    /// Not `1h30m`, or beyond 292 years.
    #[error("time: invalid duration {0:?}")]
    InvalidDuration(String),
    /// A number alone.
    #[error("time: missing unit in duration {0:?}")]
    NoUnit(String),
    /// A unit that there is not.
    #[error("time: unknown unit {unit:?} in duration {duration:?}")]
    UnknownUnit {
        /// What stands for one.
        unit: String,
        /// All of it.
        duration: String,
    },
    /// Below what an engine can keep to.
    #[error("Interval {0:?} cannot be less than 1ms")]
    TooShort(&'static str),
    /// Not a number.
    #[error("strconv.ParseInt: parsing {0:?}: invalid syntax")]
    NotANumber(String),
    /// A number beyond 32 bits.
    #[error("strconv.ParseInt: parsing {0:?}: value out of range")]
    NumberOutOfRange(String),
    /// Zero or less.
    #[error("--retries must be at least 1 (not {0})")]
    TooFewRetries(i32),
    /// `:80/`
    #[error("No port specified: {0}<empty>")]
    NoPort(String),
    /// Not a port or a range of ports.
    #[error("Invalid containerPort: {0}")]
    InvalidPort(String),
    /// Not a port or a range of ports.
    #[error("Invalid hostPort: {0}")]
    InvalidHostPort(String),
    /// Not an address.
    #[error("Invalid ip address: {0}")]
    InvalidAddress(String),
    /// Ranges of different lengths.
    #[error("Invalid ranges specified for container and host Ports: {container} and {host}")]
    UnequalRanges {
        /// Of the container.
        container: String,
        /// Of the host.
        host: String,
    },
    /// Neither tcp nor udp nor sctp.
    #[error("Invalid proto: {0}")]
    InvalidProtocol(String),
    /// More than a config can carry.
    #[error("EXPOSE names more than {limit} ports")]
    TooManyPorts {
        /// Of all instructions together.
        limit: usize,
    },
    /// A signal that Linux does not have.
    #[error("Invalid signal: {0}")]
    InvalidSignal(String),
    /// `VOLUME ""`
    #[error("VOLUME specified can not be an empty string")]
    EmptyVolume,
    /// `WORKDIR ""`
    #[error("cannot normalize nothing")]
    EmptyWorkdir,
    /// A word whose quotes or variables cannot be read.
    #[error("failed to process {word:?}: {fault}")]
    Expansion {
        /// As it was written.
        word: String,
        /// What is wrong with it.
        fault: ExpansionFault,
    },
}

/// Why a word cannot be expanded.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExpansionFault {
    /// A quote that does not end.
    #[error("unexpected end of statement while looking for matching {0}")]
    Unmatched(&'static str),
    /// `${x:-y`
    #[error("syntax error: missing '}}'")]
    NoBrace,
    /// `${}`
    #[error("syntax error: bad substitution")]
    BadSubstitution,
    /// `${x+y}`
    #[error("missing ':' in substitution")]
    NoColon,
    /// `${x:=y}`
    #[error("unsupported modifier ({0}) in substitution")]
    Modifier(char),
    /// `${x:?message}`
    #[error("{name}: {message}")]
    Required {
        /// The variable.
        name: String,
        /// What the author says about it.
        message: String,
    },
    /// Variables that grow by each other.
    #[error("variables stand for too much text")]
    TooLarge,
    /// `${a:-${b:-…}}`
    #[error("substitutions are nested too deeply")]
    TooDeep,
}
