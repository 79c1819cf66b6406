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
	h, err := build(cfg, storePatience)
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
			_ = h.reload("signal") // it is in the log
		}
	}
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
