//! A local ECR as a program.

fn main() {}
