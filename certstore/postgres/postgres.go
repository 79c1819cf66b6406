// Package postgres keeps the store of any number of gateways in one database: PostgreSQL, or what
// speaks its protocol (CockroachDB, YugabyteDB). It caches nothing: what one gateway has stored or
// blocked is what the next question of every other one finds.
package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"sealgate/certstore"
)

// DefaultTimeout is the time of one question with all that is tried anew: a client of SMTP waits for
// minutes (RFC 5321 §4.5.3.2), and one message asks some dozen questions.
const DefaultTimeout = 5 * time.Second

// connectTimeout is the time of one server of several, where the URL says none.
const connectTimeout = 2 * time.Second

// idleInTransaction is how long a gateway whose machine has died holds its locks.
const idleInTransaction = "30s"

// Options are the settings of the store.
type Options struct {
	URL      string // as libpq reads it; several hosts, service and passfile are possible; no password
	Password string // "": the passfile's, or the service's
	Key      []byte // 32 octets: what is kept is encrypted; nil: it is not
	Log      *slog.Logger
	Timeout  time.Duration // 0: DefaultTimeout

	Cache       certstore.CacheBounds // of each cache; zero: certstore.DefaultCacheBounds
	MaxContents int64                 // 0: certstore.DefaultMaxContents

	restoring bool            // by Restore
	tracer    pgx.QueryTracer // sees every statement, for the tests
}

// Store is a certstore.Store and a certstore.Journal.
type Store struct {
	pool    *pgxpool.Pool
	sealer  *sealer
	log     *slog.Logger
	timeout time.Duration
	bounds  certstore.CacheBounds

	stop context.CancelFunc // ends purge
	done chan struct{}      // closed when it has ended

	maxContents int64
	contents    atomic.Int64 // content keys: those that were counted last, and what was added here since

	journal  turn   // guards lastLine
	lastLine int64  // the time of the newest line that this process wrote, nanoseconds since 1970
	writer   []byte // is in each of its lines

	caching turn                // guards caches
	caches  map[string]cacheUse // by name; what was counted last, and what was added here since
}

// Open connects to the database and brings its layout up to date.
func Open(ctx context.Context, o Options) (*Store, error) {
	config, err := poolConfig(o)
	if err != nil {
		return nil, err
	}
	sealer, err := newSealer(o.Key)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("certstore: %w", err)
	}
	s := &Store{
		pool:        pool,
		sealer:      sealer,
		log:         cmp.Or(o.Log, slog.New(slog.DiscardHandler)),
		timeout:     cmp.Or(o.Timeout, DefaultTimeout),
		bounds:      cmp.Or(o.Cache, certstore.DefaultCacheBounds),
		done:        make(chan struct{}),
		maxContents: cmp.Or(o.MaxContents, certstore.DefaultMaxContents),
		writer:      make([]byte, 16),
		journal:     newTurn(),
		caching:     newTurn(),
		caches:      map[string]cacheUse{},
	}
	rand.Read(s.writer)
	begins := []func(context.Context) error{s.migrate, s.makeSecret, s.countContents}
	if !o.restoring {
		begins = append(begins, s.finished)
	}
	for _, begin := range begins {
		if err := begin(ctx); err != nil {
			pool.Close()
			return nil, err
		}
	}
	running, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.purge(running)
	return s, nil
}

// poolConfig reads the URL. Of several servers the one that writes is taken, and nothing goes over a
// network to a server that does not prove who it is.
func poolConfig(o Options) (*pgxpool.Config, error) {
	if holdsPassword(o.URL) {
		return nil, errors.New("certstore: the database's URL holds a password: put it into store.password_file, " +
			"a passfile or a service file")
	}
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		return nil, fmt.Errorf("certstore: the database's URL: %w", err)
	}
	c := config.ConnConfig
	if o.Password != "" {
		c.Password = o.Password
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	if c.ValidateConnect == nil {
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if _, said := c.RuntimeParams["idle_in_transaction_session_timeout"]; !said {
		c.RuntimeParams["idle_in_transaction_session_timeout"] = idleInTransaction
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "sealgate"
	}
	c.Tracer = o.tracer
	return config, proves(c)
}

// passwordWord is a password among the words of a connection string.
var passwordWord = regexp.MustCompile(`(?i)(^|[\s?&])(ssl)?password\s*=`)

// holdsPassword reports whether a URL has one: the configuration is read by more people than a file
// of secrets.
func holdsPassword(text string) bool {
	if u, err := url.Parse(text); err == nil && u.User != nil {
		if _, has := u.User.Password(); has {
			return true
		}
	}
	return passwordWord.MatchString(text)
}

// proves refuses a server on a network that is not asked for a certificate: who stands between could
// have a block, or a certificate, answered otherwise.
func proves(c *pgx.ConnConfig) error {
	servers := []*pgconn.FallbackConfig{{Host: c.Host, TLSConfig: c.TLSConfig}}
	for _, server := range append(servers, c.Fallbacks...) {
		t := server.TLSConfig
		if t != nil && (!t.InsecureSkipVerify || t.VerifyPeerCertificate != nil || t.VerifyConnection != nil) {
			continue
		}
		if !onThisMachine(server.Host) {
			return fmt.Errorf("certstore: the database at %s is not asked who it is: add sslmode=verify-full "+
				"(and sslrootcert=FILE) to its URL", server.Host)
		}
	}
	return nil
}

// onThisMachine reports whether a host is a socket in the file system or a loopback address.
func onThisMachine(host string) bool {
	network, _ := pgconn.NetworkAddress(host, 0)
	ip := net.ParseIP(host)
	return network == "unix" || host == "localhost" || ip != nil && ip.IsLoopback()
}

// Close waits for calls under way; later ones fail.
func (s *Store) Close() error {
	s.stop()
	<-s.done
	s.pool.Close()
	return nil
}
