CREATE TABLE rekey_ledger (
	sequence INTEGER NOT NULL,
	at VARCHAR(40) NOT NULL,
	rotation VARCHAR(64) NOT NULL,
	credential VARCHAR(128) NOT NULL,
	action VARCHAR(64) NOT NULL,
	actor VARCHAR(256) NOT NULL,
	context TEXT NOT NULL,
	previous VARCHAR(64) NOT NULL,
	hash VARCHAR(64) NOT NULL,
	PRIMARY KEY (sequence)
);

CREATE INDEX ix_rekey_ledger_rotation ON rekey_ledger (rotation);

CREATE INDEX ix_rekey_ledger_credential ON rekey_ledger (credential);

CREATE TABLE rekey_lease (
	credential VARCHAR(128) NOT NULL,
	holder VARCHAR(64) NOT NULL,
	flow_run_id VARCHAR(64) NOT NULL,
	beat INTEGER NOT NULL,
	renewed_at VARCHAR(40) NOT NULL,
	PRIMARY KEY (credential)
);

INSERT INTO rekey_ledger VALUES (1, '2026-11-28T22:02:09.475030+00:00', 'R-1', 'alpaca-paper', 'secret.rotate.step', 'a test', '{}', '0000000000000000000000000000000000000000000000000000000000000000', 'deb2e2ece92734d838a0ce541f74659b976d359baeb10ecc7367585ec2787dce');

-- only sqlite
CREATE TRIGGER rekey_ledger_no_update BEFORE UPDATE ON rekey_ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- only sqlite
CREATE TRIGGER rekey_ledger_no_delete BEFORE DELETE ON rekey_ledger BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- only sqlite
CREATE TRIGGER rekey_ledger_no_replace BEFORE INSERT ON rekey_ledger WHEN EXISTS (SELECT 1 FROM rekey_ledger WHERE sequence = NEW.sequence) BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- only postgresql
CREATE OR REPLACE FUNCTION rekey_ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$;

-- only postgresql
CREATE TRIGGER rekey_ledger_no_change BEFORE UPDATE OR DELETE ON rekey_ledger FOR EACH ROW EXECUTE FUNCTION rekey_ledger_append_only();

-- only postgresql
CREATE TRIGGER rekey_ledger_no_truncate BEFORE TRUNCATE ON rekey_ledger FOR EACH STATEMENT EXECUTE FUNCTION rekey_ledger_append_only();
