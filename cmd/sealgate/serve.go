package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"sealgate/config"
)

// gcPercent makes the collector come more often than Go's default of 100: each
// chunk of a milter session is a new 64 KiB buffer, and a 100 MB mail would leave
// tens of megabytes of them (measured: 19 MiB above idle, with this 8 to 11).
const gcPercent = 30

// drainTime is how long what is under way may take after SIGTERM.
const drainTime = 60 * time.Second

func serveCommand() *cobra.Command {
	var path string
	c := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "run the gateway",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return serve(path) },
	}
	c.Flags().StringVar(&path, "config", installedConfig, "configuration file")
	return c
}

// serve runs until SIGTERM or SIGINT; SIGHUP reads keys, rules and roots anew.
func serve(path string) error {
	if err := noCoreDumps(); err != nil {
		return failed(err)
	}
	unix.Umask(0o077) // no file or socket is anybody else's, not even for a moment
	debug.SetGCPercent(gcPercent)
	cfg, err := config.Load(path)
	if err != nil {
		return unreadable(err) // the unit does not start it again on this code
	}
	return failed(serveConfig(path, cfg))
}

func serveConfig(path string, cfg *config.Config) error {
	h, err := build(cfg)
	if err != nil {
		return err
	}
	h.path = path
	defer h.closeStore()
	slog.SetDefault(h.log) // go-milter speaks to the standard logger
	h.log.Info("starting", "version", version())
	logExceptions(h.log, cfg)
	h.engine.Load().own.fillBeforeUse(context.Background())
	services, err := h.open()
	if err != nil {
		return err
	}
	control, err := h.openControl()
	if err != nil {
		return err
	}
	defer control.Close()
	watching, stop := context.WithCancel(context.Background())
	defer stop()
	go h.watchKeys(watching)
	go h.watchDirectories(watching)
	go h.alerts.Run(watching)
	return h.run(services)
}

// closeTime is how long the store may take to close: with a disk that fails it
// would try for ever, and what was acknowledged is on disk anyway.
const closeTime = 10 * time.Second

// journalTime is how much of it the last records may take.
const journalTime = closeTime / 2

func (h *house) closeStore() {
	h.asked.Close()
	h.journal.Close(journalTime)
	done := make(chan error, 1)
	go func() { done <- h.store.Close() }()
	select {
	case err := <-done:
		if err != nil {
			h.log.Error("store", "error", err)
		}
	case <-time.After(closeTime):
		h.log.Error("the store does not close; its disk may be full")
	}
}

// noCoreDumps keeps keys and plaintext out of files that the kernel writes.
func noCoreDumps() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("cannot switch core dumps off: %w", err)
	}
	return unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}

// run serves every service until a signal ends it or one of them fails.
func (h *house) run(services []service) error {
	signals := make(chan os.Signal, 1) // before anybody is told that we listen
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	failed := make(chan error, len(services))
	for _, d := range services {
		go func() { failed <- d.server.Serve(d.listener) }()
		h.log.Info("listening", "address", d.listener.Addr().String())
	}
	h.tell(daemon.SdNotifyReady)
	for {
		select {
		case err := <-failed:
			if err == nil {
				err = fmt.Errorf("a listener has ended")
			}
			h.drain(services)
			return err
		case s := <-signals:
			if s != syscall.SIGHUP {
				h.log.Info("stopping: what is under way is finished", "signal", s.String())
				h.tell(daemon.SdNotifyStopping)
				h.drain(services)
				return nil
			}
			_ = h.reload() // it is in the log
		}
	}
}

// tell is sd_notify(3); without systemd it does nothing.
func (h *house) tell(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		h.log.Warn("systemd does not listen", "error", err)
	}
}

// reloading is what Type=notify-reload wants to hear, with the time of it.
func reloading() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return daemon.SdNotifyReloading
	}
	return fmt.Sprintf("%s\nMONOTONIC_USEC=%d", daemon.SdNotifyReloading, now.Nano()/1000)
}

// loaded is how the last reading of the configuration went.
type loaded struct {
	at    time.Time
	fault string // "": it holds
}

func (h *house) lastLoad() (at time.Time, fault string) {
	l := h.loaded.Load()
	return l.at, l.fault
}

// reload replaces the engine, or keeps the old one and says why.
func (h *house) reload() error {
	h.loading.Lock()
	defer h.loading.Unlock()
	h.tell(reloading())
	defer h.tell(daemon.SdNotifyReady)
	began := time.Now()
	g, err := h.readEngine()
	if err != nil {
		h.loaded.Store(&loaded{began, err.Error()})
		h.failed.Add(1)
		h.log.Error("reload failed, everything stays as it was", "error", err)
		return err
	}
	g.own.fillBeforeUse(context.Background())
	h.engine.Store(g)
	h.loaded.Store(&loaded{at: began})
	h.tellReloaded()
	h.log.Info("keys, rules and roots reloaded; listeners and store need a restart")
	return nil
}

// readEngine is newEngine of the configuration as it is now.
func (h *house) readEngine() (*engine, error) {
	cfg, err := config.Load(h.path)
	if err != nil {
		return nil, err
	}
	g, err := h.newEngine(cfg)
	if err != nil {
		return nil, err
	}
	logExceptions(h.log, cfg)
	return g, nil
}

// drain finishes what is under way and refuses what is new.
func (h *house) drain(services []service) {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	var all sync.WaitGroup
	for _, d := range services {
		all.Go(func() {
			if err := d.server.Shutdown(ctx); err != nil {
				h.log.Warn("sessions were cut; their mail stays with Postfix", slog.Any("error", err))
			}
		})
	}
	all.Wait()
}
