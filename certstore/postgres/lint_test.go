package postgres

// This file refuses statements that one of PostgreSQL, CockroachDB and YugabyteDB does not take, or
// takes otherwise. It sees every statement that the tests of this package send.

import (
	"context"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// subset are the words that a statement may have beside our names. docs/scale.md says for each what
// the other two databases document.
var subset = strings.Fields(`
	SELECT FROM WHERE AND OR JOIN ON AS ORDER BY DESC LIMIT DISTINCT IN ANY CASE WHEN THEN ELSE END FOR UPDATE count
	INSERT INTO VALUES CONFLICT DO NOTHING SET excluded DELETE unnest now INTERVAL
	CREATE TABLE INDEX IF NOT EXISTS PRIMARY KEY NULL BYTEA BIGINT TEXT TIMESTAMPTZ
	SHOW synchronous_commit synchronous_standby_names`)

// transactions are the statements that pgx sends by itself: begin, commit and rollback, the question
// which server writes, and that whether one is there.
var transactions = []string{"begin", "commit", "rollback", "show transaction_read_only", "-- ping", ";", ""}

var (
	ours    = regexp.MustCompile(`^(sealgate_[a-z_]+|[ajct][0-9]*)$`)
	columns = strings.Fields(`address answer begins cache content expires fingerprint held_until holder id identity line
		memory name octets proven record state term writer written`)
	text  = regexp.MustCompile(`'[^']*'`)
	words = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)
	marks = regexp.MustCompile(`^[\s\w$.,()=<>*+:\[\]]*$`)
)

// leaves says what of a statement leaves the subset, "" when nothing does.
func leaves(statement string) string {
	for _, own := range transactions {
		if strings.EqualFold(statement, own) {
			return ""
		}
	}
	bare := text.ReplaceAllString(statement, "")
	if !marks.MatchString(bare) {
		return "a mark"
	}
	for _, word := range words.FindAllString(bare, -1) {
		if !ours.MatchString(word) && !contains(subset, word) && !contains(columns, word) {
			return word
		}
	}
	upper := strings.ToUpper(bare)
	if strings.Contains(upper, "INSERT") && !regexp.MustCompile(`ON CONFLICT \([a-z, ]+\) DO`).MatchString(bare) {
		return "INSERT without a target of its conflict"
	}
	return ""
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// lint is a pgx.QueryTracer and a pgx.BatchTracer.
type lint struct{ t *testing.T }

func (l lint) look(statement string) {
	if what := leaves(statement); what != "" {
		l.t.Errorf("%q leaves the subset: %s", statement, what)
	}
}

func (l lint) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	l.look(data.SQL)
	return ctx
}

func (l lint) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (l lint) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (l lint) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	l.look(data.SQL)
}

func (l lint) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TestStatementsOutsideTheSubset: the lint sees what it is for.
func TestStatementsOutsideTheSubset(t *testing.T) {
	for _, statement := range []string{
		"SELECT pg_advisory_lock(1)",
		"LISTEN sealgate_address",
		"CREATE TABLE IF NOT EXISTS sealgate_x (id SERIAL PRIMARY KEY)",
		"CREATE TABLE IF NOT EXISTS sealgate_x (id BIGSERIAL PRIMARY KEY)",
		"CALL sealgate_procedure()",
		"INSERT INTO sealgate_content (id, content) VALUES ($1, $2)",
		"INSERT INTO sealgate_content (id, content) VALUES ($1, $2) ON CONFLICT DO NOTHING",
		"SELECT record FROM sealgate_certificate WHERE identity = $1 FOR UPDATE SKIP LOCKED",
		"SELECT record->'a' FROM sealgate_certificate",
		"TRUNCATE sealgate_certificate",
		"LOCK TABLE sealgate_certificate",
		"SELECT nextval('s')",
		"SELECT \"record\" FROM sealgate_certificate",
		"SET synchronous_commit = off",
		"SELECT 1; SELECT 2",
	} {
		if leaves(statement) == "" {
			t.Errorf("%q is taken", statement)
		}
	}
}

// TestDocumentedStatements: docs/scale.md says of each statement what the other two databases document.
func TestDocumentedStatements(t *testing.T) {
	text, err := os.ReadFile("../../docs/scale.md")
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "statements.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for name := range file.Scope.Objects {
		n++
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("%s is not in docs/scale.md", name)
		}
	}
	if n < 40 {
		t.Errorf("%d statements were found", n)
	}
}
