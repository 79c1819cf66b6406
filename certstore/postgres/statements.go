package postgres

// This file has all statements. They keep to what PostgreSQL, CockroachDB and YugabyteDB take alike:
// no procedures, triggers, LISTEN, advisory locks or sequences, each conflict with its target. A test
// holds every statement that is sent against this.
//
// Times are milliseconds since 1970, those of the journal nanoseconds.

import (
	"fmt"
	"strings"
)

// migrations bring the layout from each version to the next. Each statement stands alone and may be
// repeated: two of the three cannot take back a statement that changes the layout.
var migrations = [][]string{
	{
		`CREATE TABLE IF NOT EXISTS sealgate_certificate (
			identity BYTEA PRIMARY KEY,
			fingerprint BYTEA NOT NULL,
			state TEXT NOT NULL,
			proven BIGINT NOT NULL,
			begins BIGINT NOT NULL,
			record BYTEA NOT NULL)`,
		`CREATE INDEX IF NOT EXISTS sealgate_certificate_fingerprint ON sealgate_certificate (fingerprint)`,
		`CREATE TABLE IF NOT EXISTS sealgate_address (
			address BYTEA NOT NULL,
			identity BYTEA NOT NULL,
			PRIMARY KEY (address, identity))`,
		`CREATE TABLE IF NOT EXISTS sealgate_content (
			id BYTEA PRIMARY KEY,
			content BYTEA NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS sealgate_memory (
			id BYTEA PRIMARY KEY,
			memory BYTEA NOT NULL,
			expires BIGINT NOT NULL)`,
		`CREATE INDEX IF NOT EXISTS sealgate_memory_expires ON sealgate_memory (expires)`,
		`CREATE TABLE IF NOT EXISTS sealgate_answer (
			id BYTEA PRIMARY KEY,
			cache TEXT NOT NULL,
			octets BIGINT NOT NULL,
			answer BYTEA NOT NULL,
			expires BIGINT NOT NULL)`,
		`CREATE INDEX IF NOT EXISTS sealgate_answer_expires ON sealgate_answer (cache, expires)`,
		`CREATE TABLE IF NOT EXISTS sealgate_journal (
			written BIGINT PRIMARY KEY,
			writer BYTEA NOT NULL,
			line BYTEA NOT NULL,
			expires BIGINT NOT NULL)`,
		`CREATE INDEX IF NOT EXISTS sealgate_journal_expires ON sealgate_journal (expires)`,
		`CREATE TABLE IF NOT EXISTS sealgate_term (
			term BYTEA NOT NULL,
			written BIGINT NOT NULL,
			PRIMARY KEY (term, written))`,
	},
}

// What stands before all migrations.
const (
	createMeta = `CREATE TABLE IF NOT EXISTS sealgate_meta (
		name TEXT PRIMARY KEY,
		content BYTEA NOT NULL)`
	createLease = `CREATE TABLE IF NOT EXISTS sealgate_lease (
		name TEXT PRIMARY KEY,
		holder BYTEA NOT NULL,
		held_until TIMESTAMPTZ NOT NULL)`
	insertLease = `INSERT INTO sealgate_lease (name, holder, held_until) VALUES ('migration', $1, now())
		ON CONFLICT (name) DO NOTHING`
	takeLease = `UPDATE sealgate_lease SET holder = $1, held_until = now() + INTERVAL '60 seconds'
		WHERE name = 'migration' AND (holder = $1 OR held_until <= now())`
	endLease = `UPDATE sealgate_lease SET held_until = now() WHERE name = 'migration' AND holder = $1`

	selectMeta = `SELECT content FROM sealgate_meta WHERE name = $1`
	insertMeta = `INSERT INTO sealgate_meta (name, content) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`
	setMeta    = `INSERT INTO sealgate_meta (name, content) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET content = excluded.content`
	deleteMeta = `DELETE FROM sealgate_meta WHERE name = $1`
)

// Certificates.
const (
	selectRecord    = `SELECT record FROM sealgate_certificate WHERE identity = $1`
	lockRecord      = `SELECT record FROM sealgate_certificate WHERE identity = $1 FOR UPDATE`
	selectByFinger  = `SELECT identity, record FROM sealgate_certificate WHERE fingerprint = $1`
	selectByAddress = `SELECT c.identity, c.record FROM sealgate_address a
		JOIN sealgate_certificate c ON c.identity = a.identity
		WHERE a.address = $1
		ORDER BY CASE c.state WHEN 'pinned' THEN 0 WHEN 'active' THEN 1 ELSE 2 END, c.proven DESC, c.begins DESC
		LIMIT $2`
	countPending = `SELECT count(*) FROM sealgate_address a
		JOIN sealgate_certificate c ON c.identity = a.identity
		WHERE a.address = $1 AND c.state = 'pending'`
	selectPage = `SELECT identity, record FROM sealgate_certificate WHERE identity > $1 ORDER BY identity LIMIT $2`

	insertRecord = `INSERT INTO sealgate_certificate (identity, fingerprint, state, proven, begins, record)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (identity) DO NOTHING`
	updateRecord = `UPDATE sealgate_certificate
		SET fingerprint = $2, state = $3, proven = $4, begins = $5, record = $6 WHERE identity = $1`
	deleteRecord    = `DELETE FROM sealgate_certificate WHERE identity = $1`
	insertAddresses = `INSERT INTO sealgate_address (address, identity)
		SELECT t.address, $2 FROM unnest($1::BYTEA[]) AS t (address) ON CONFLICT (address, identity) DO NOTHING`
	deleteAddresses = `DELETE FROM sealgate_address WHERE address = ANY ($1::BYTEA[]) AND identity = $2`
)

// Content keys.
const (
	selectContents = `SELECT id, content FROM sealgate_content WHERE id = ANY ($1::BYTEA[])`
	insertContents = `INSERT INTO sealgate_content (id, content)
		SELECT t.id, t.content FROM unnest($1::BYTEA[], $2::BYTEA[]) AS t (id, content) ON CONFLICT (id) DO NOTHING`
	pageContents  = `SELECT id, content FROM sealgate_content WHERE id > $1 ORDER BY id LIMIT $2`
	countContents = `SELECT count(*) FROM sealgate_content`
)

// What is remembered of mail.
const (
	selectMemory = `SELECT memory FROM sealgate_memory WHERE id = $1 AND expires > $2`
	lockMemory   = `SELECT memory, expires FROM sealgate_memory WHERE id = $1 FOR UPDATE`
	insertMemory = `INSERT INTO sealgate_memory (id, memory, expires) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`
	pageMemories = `SELECT id, memory, expires FROM sealgate_memory WHERE id > $1 AND expires > $3 ORDER BY id LIMIT $2`
	updateMemory = `UPDATE sealgate_memory SET memory = $2, expires = $3 WHERE id = $1`
)

// Cached answers.
const (
	selectAnswer = `SELECT answer FROM sealgate_answer WHERE id = $1 AND expires > $2`
	setAnswer    = `INSERT INTO sealgate_answer (id, cache, octets, answer, expires) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE
		SET cache = excluded.cache, octets = excluded.octets, answer = excluded.answer, expires = excluded.expires`
	selectUse     = `SELECT id, octets FROM sealgate_answer WHERE cache = $1 AND expires > $2 ORDER BY expires`
	deleteAnswers = `DELETE FROM sealgate_answer WHERE id = ANY ($1::BYTEA[])`
)

// The journal.
const (
	insertLines = `INSERT INTO sealgate_journal (written, writer, line, expires)
		SELECT t.written, $2, t.line, t.expires
		FROM unnest($1::BIGINT[], $3::BYTEA[], $4::BIGINT[]) AS t (written, line, expires)
		ON CONFLICT (written) DO NOTHING`
	pageLines = `SELECT written, line, expires FROM sealgate_journal
		WHERE written > $1 AND expires > $3 ORDER BY written LIMIT $2`
	selectForeign = `SELECT written FROM sealgate_journal WHERE written = ANY ($1::BIGINT[]) AND writer <> $2`
	insertTerms   = `INSERT INTO sealgate_term (term, written)
		SELECT t.term, t.written FROM unnest($1::BYTEA[], $2::BIGINT[]) AS t (term, written)
		ON CONFLICT (term, written) DO NOTHING`
	deleteTerms = `DELETE FROM sealgate_term WHERE term = ANY ($1::BYTEA[]) AND written = $2`
	deleteLines = `DELETE FROM sealgate_journal WHERE written = ANY ($1::BIGINT[])`
)

// selectLines is the question for the lines that have so many terms: $1 to $4 are the moment, the
// first and the last time, and the number of lines, the terms follow.
func selectLines(terms int, oldest bool) string {
	var sql strings.Builder
	sql.WriteString("SELECT j.written, j.line FROM sealgate_journal j")
	for i := range terms {
		fmt.Fprintf(&sql, " JOIN sealgate_term t%d ON t%d.written = j.written AND t%d.term = $%d", i, i, i, i+5)
	}
	sql.WriteString(" WHERE j.expires > $1 AND j.written >= $2 AND j.written <= $3 ORDER BY j.written")
	if !oldest {
		sql.WriteString(" DESC")
	}
	sql.WriteString(" LIMIT $4")
	return sql.String()
}

// What has run out.
const (
	purgeMemories = `DELETE FROM sealgate_memory WHERE id IN
		(SELECT id FROM sealgate_memory WHERE expires <= $1 ORDER BY expires LIMIT $2)`
	selectCaches = `SELECT DISTINCT cache FROM sealgate_answer`
	purgeAnswers = `DELETE FROM sealgate_answer WHERE id IN
		(SELECT id FROM sealgate_answer WHERE cache = $3 AND expires <= $1 ORDER BY expires LIMIT $2)`
	selectEnded = `SELECT written, line FROM sealgate_journal WHERE expires <= $1 ORDER BY expires LIMIT $2`
)

// What a restore writes, many rows at once. What an earlier one that was cut off has written stays.
const (
	restoreRecords = `INSERT INTO sealgate_certificate (identity, fingerprint, state, proven, begins, record)
		SELECT t.identity, t.fingerprint, t.state, t.proven, t.begins, t.record
		FROM unnest($1::BYTEA[], $2::BYTEA[], $3::TEXT[], $4::BIGINT[], $5::BIGINT[], $6::BYTEA[])
		AS t (identity, fingerprint, state, proven, begins, record) ON CONFLICT (identity) DO NOTHING`
	restoreAddresses = `INSERT INTO sealgate_address (address, identity)
		SELECT t.address, t.identity FROM unnest($1::BYTEA[], $2::BYTEA[]) AS t (address, identity)
		ON CONFLICT (address, identity) DO NOTHING`
	restoreMemories = `INSERT INTO sealgate_memory (id, memory, expires)
		SELECT t.id, t.memory, t.expires FROM unnest($1::BYTEA[], $2::BYTEA[], $3::BIGINT[]) AS t (id, memory, expires)
		ON CONFLICT (id) DO NOTHING`
)

// How durable a commit is.
const (
	showCommit   = `SHOW synchronous_commit`
	showStandbys = `SHOW synchronous_standby_names`
)
