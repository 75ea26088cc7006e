UPDATE repositories SET lifecycle_policy = '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":9},"action":{"type":"expire"}}]}',
    lifecycle_evaluated = 7, preview_policy = '{}', preview_started = 8, created = 9 WHERE name = 'app';
UPDATE repositories SET catalog = '{"description":"x"}' WHERE region = 'public.ecr';
UPDATE repository_blobs SET touched = touched - 5;
UPDATE manifests SET is_archived = 1, archived = 30, activated = 20, pulled = 15 WHERE media_type LIKE '%manifest%';
UPDATE tags SET created = 11;
INSERT INTO scans SELECT 1, digest, 'ENHANCED', 10, 20 FROM manifests;
INSERT INTO signings SELECT 1, digest, 'profile', 10 FROM manifests;
INSERT INTO replications SELECT 1, digest, 'v1', '222222222222', 'eu-west-1', 'FAILED', 'AccessDenied', 5 FROM manifests;
INSERT INTO upstream_tags VALUES (1, 'v1', 12);
INSERT INTO absent_children SELECT 1, 'sha256:' || hex(zeroblob(32)), digest FROM manifests WHERE media_type LIKE '%index%';
INSERT INTO scan_scripts VALUES ('000000000000', 'us-east-1', 'app', '', '{}', 3);
INSERT INTO pull_time_exclusions VALUES ('000000000000', 'us-east-1', 'arn:aws:iam::000000000000:role/ci', 4);
INSERT INTO creation_templates VALUES ('000000000000', 'us-east-1', 'team', '{}', '{}', 5, 6);
INSERT INTO replicated_deletions (from_account, from_region, account, region, repository, manifest, tag, queued)
    VALUES ('000000000000', 'us-east-1', '000000000000', 'eu-west-1', 'app', 'sha256:' || hex(zeroblob(32)), NULL, 99999999999);
INSERT INTO backfills (id, account, region, to_account, to_region, status, failure, started, stepped, prepared, ended)
    VALUES ('one', '000000000000', 'us-east-1', '000000000000', 'eu-west-1', 'COMPLETE', NULL, 1, 2, 1, 3);
INSERT INTO backfill_images VALUES (1, 1, 'app', 'sha256:' || hex(zeroblob(32)), 'v1', 0, 'FAILED', 'ImageNotFound');
INSERT INTO pull_through_rules VALUES ('000000000000', 'us-east-1', 'hub', 'registry-1.docker.io', 'docker-hub', NULL, 'arn:x', NULL, 1, 2);
INSERT INTO task_definitions VALUES ('000000000000', 'us-east-1', 'app', 1, 'ACTIVE', '{}', '[]');
INSERT INTO tasks (account, region, id, family, launch_type, started_by, client_token, request, stopped, document)
    VALUES ('000000000000', 'us-east-1', 'one', 'app', 'FARGATE', NULL, 'token', 'digest', NULL, '{}');
