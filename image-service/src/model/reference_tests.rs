//! The table of Docker's reference grammar: input, then canonical form or error.

use super::*;
