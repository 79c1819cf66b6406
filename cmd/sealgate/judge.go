package main

// This file judges a message as the gateway does: by the one that runs, or else by one of its
// own over the store at rest.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/pflag"

	"sealgate/config"
	"sealgate/gateway/verdict"
	"sealgate/internal/control"
	"sealgate/internal/explain"
	"sealgate/smime"
	"sealgate/spool"
)

// verifying are the options of verify and explain.
type verifying struct {
	config     string
	recipients []string
	offline
}

func (o *verifying) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&o.recipients, "recipient", nil, "with --config: judge as mail to ADDRESS (default: those of our "+
		"mailboxes in Delivered-To, X-Original-To, To and Cc)")
	f.StringArrayVar(&o.roots, "roots", nil, "root certificates to trust, FILE")
	f.BoolVar(&o.noSystemRoots, "no-system-roots", false, "trust --roots only")
	f.StringVar(&o.at, "at", "", "time at which certificates are judged, RFC 3339 (default: now)")
	f.StringArrayVar(&o.keys, "key", nil, "decrypt with this key, FILE (PEM, DER, .p12)")
	f.StringVar(&o.passwordFile, "password-file", "", "password of the keys, FILE")
	f.StringVar(&o.from, "from", "", "compare the signer with this address instead of From")
}

// judgement is what verify prints of a message, and what explain does.
type judgement struct {
	report  explain.Report
	drawing string
}

// consistent refuses flags that exclude each other.
func (o *verifying) consistent(f *pflag.FlagSet) error {
	for _, name := range offlineFlags {
		if f.Changed(name) && f.Changed("config") {
			return unreadable(fmt.Errorf("--%s is for judging without a configuration: leave it or --config out", name))
		}
	}
	return nil
}

// configuration is the one that --config names, nil for none.
func (o *verifying) configuration() (*config.Config, error) {
	if o.config == "" {
		return nil, nil
	}
	cfg, err := config.Load(o.config)
	if err != nil {
		return nil, unreadable(err)
	}
	return cfg, nil
}

// judgeFile judges the message at path.
func (o *verifying) judgeFile(ctx context.Context, path string, cfg *config.Config) (*judgement, error) {
	msg, sp, err := message(path)
	if err != nil {
		return nil, err
	}
	defer msg.Close()
	return o.judge(ctx, msg, sp, cfg)
}

// explainFile is judgeFile for people, who may have the mail as the gateway has handed it over: of a
// ticket the mail that it was made of is judged, and of any other one it is said what came before.
func (o *verifying) explainFile(ctx context.Context, path string, cfg *config.Config) (*judgement, error) {
	msg, sp, err := message(path)
	if err != nil {
		return nil, err
	}
	defer msg.Close()
	before := passedBefore(msg)
	if before.encryption == "" {
		return o.judge(ctx, msg, sp, cfg)
	}
	said := "it has passed a gateway, which said " + before.String() + "\n"
	if before.encryption == string(verdict.EncryptionUndecryptable) {
		ticket, err := smime.Open(ctx, msg, msg.Size(), smime.OpenOptions{Spool: sp})
		if err != nil {
			return nil, unreadable(err)
		}
		defer ticket.Close()
		original, err := originalIn(ctx, ticket, sp)
		if err != nil {
			return nil, unreadable(err)
		}
		if original != nil {
			defer original.Close()
			msg = original
			said += "a ticket of a mail that could not be opened; below is that mail, as it came\n"
		}
	} else {
		said += "below is what it is now, as that handed it over: the mail as it came tells more\n"
	}
	j, err := o.judge(ctx, msg, sp, cfg)
	if err != nil {
		return nil, err
	}
	j.drawing = said + j.drawing
	return j, nil
}

// judge judges a message as the gateway of a configuration does, or with the flags alone when
// there is none.
func (o *verifying) judge(
	ctx context.Context,
	msg *spool.File,
	sp *spool.Spool,
	cfg *config.Config,
) (*judgement, error) {
	if cfg != nil {
		return judgeAsConfigured(ctx, cfg, o.recipients, msg)
	}
	if len(o.recipients) > 0 {
		return nil, unreadable(errors.New("--recipient needs --config"))
	}
	mail, err := o.verify(ctx, msg, sp)
	if err != nil {
		return nil, err
	}
	defer mail.Opened.Close()
	return &judgement{mail.Report(), mail.Drawing()}, nil
}

// judgeAsConfigured asks the gateway of a configuration, or does as it would.
func judgeAsConfigured(
	ctx context.Context, cfg *config.Config, to []string, msg *spool.File,
) (*judgement, error) {
	var answer *control.Judgement
	var err error
	if client, running := dial(cfg); running {
		answer, err = client.Judge(ctx, to, msg.NewReader())
	} else {
		answer, err = judgeAtRest(ctx, cfg, to, msg)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	j := &judgement{drawing: answer.Drawing}
	if err := json.Unmarshal(answer.Report, &j.report); err != nil {
		return nil, unreadable(fmt.Errorf("running gateway: %w: is it of another version?", err))
	}
	return j, nil
}

// judgeAtRest judges with an engine over the store of a gateway that does not run.
func judgeAtRest(ctx context.Context, cfg *config.Config, to []string, msg *spool.File) (*control.Judgement, error) {
	h, err := build(cfg, 0)
	if err != nil {
		return nil, err
	}
	defer h.closeStore()
	h.log = slog.New(slog.DiscardHandler)
	return h.judged(ctx, to, msg, "no gateway runs with data_dir "+cfg.Server.DataDir+": judged as one would now")
}
