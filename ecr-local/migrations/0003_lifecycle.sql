-- Lifecycle policies: when one was last applied, and what a preview was started for.

ALTER TABLE repositories ADD COLUMN lifecycle_evaluated INTEGER NOT NULL DEFAULT 0; -- seconds since 1970
ALTER TABLE repositories ADD COLUMN preview_policy TEXT;
ALTER TABLE repositories ADD COLUMN preview_started INTEGER; -- seconds since 1970
