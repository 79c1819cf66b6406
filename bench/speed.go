package main

// This file makes the speed table.

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// variant is one implementation of an operation on one message.
type variant struct {
	name string
	run  func() error
}

// operation is a row of the table.
type operation struct {
	name     string
	variants []variant // the first is the limit
}

const (
	rounds   = 25                    // each variant has its turn in every round
	turn     = 40 * time.Millisecond // at least
	kib, mib = 1 << 10, 1 << 20
)

// speed prints a Markdown table. One core: a gateway has as many messages as
// cores, so what counts is the work of one.
func speed() error {
	runtime.GOMAXPROCS(1)
	fmt.Println("| operation | size | limit, ops/s | ours | ours / limit | openssl cms |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, size := range []int{10 * kib, mib, 25 * mib} {
		operations, err := operationsOn(size)
		if err != nil {
			return err
		}
		for _, o := range operations {
			rates, err := measure(o.variants)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", o.name, sizeName(size), err)
			}
			fmt.Printf("| %s | %s | %s | %s | %.2f | %s |\n", o.name, sizeName(size), rate(rates[0]), rate(rates[1]),
				rates[1]/rates[0], rate(rates[2]))
		}
	}
	return nil
}

func rate(r float64) string {
	if r < 100 {
		return fmt.Sprintf("%.1f", r)
	}
	return fmt.Sprintf("%.0f", r)
}

func sizeName(n int) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= mib:
		return fmt.Sprintf("%d MiB", n/mib)
	}
	return fmt.Sprintf("%d KiB", n/kib)
}

// cpuTime is what this process and the processes that it waited for have taken of
// the processor: unlike the clock, it does not count the work of others.
func cpuTime() (sum time.Duration) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		_ = syscall.Getrusage(who, &u) // cannot fail for these two
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}

// measure gives each variant its turn in every round and returns the median
// of their operations per second of processor time.
func measure(variants []variant) ([]float64, error) {
	samples := make([][]float64, len(variants))
	for range rounds {
		for i, v := range variants {
			runtime.GC() // nobody pays for another's garbage
			n := 0
			start := time.Now()
			took := cpuTime()
			for time.Since(start) < turn {
				if err := v.run(); err != nil {
					return nil, fmt.Errorf("%s: %w", v.name, err)
				}
				n++
			}
			samples[i] = append(samples[i], float64(n)/(cpuTime()-took).Seconds())
		}
	}
	var medians []float64
	for _, s := range samples {
		slices.Sort(s)
		medians = append(medians, s[len(s)/2])
	}
	return medians, nil
}
