// The operations of the speed table as Go benchmarks, for profiles.

package main

import (
	"fmt"
	"testing"
)

func BenchmarkOperations(b *testing.B) {
	for _, size := range []int{10 * kib, mib, 25 * mib} {
		operations, err := operationsOn(size)
		if err != nil {
			b.Fatal(err)
		}
		for _, o := range operations {
			for _, v := range o.variants[:2] {
				b.Run(fmt.Sprintf("%s/%s/%s", o.name, sizeName(size), v.name), func(b *testing.B) {
					b.ReportAllocs()
					b.SetBytes(int64(size))
					for b.Loop() {
						if err := v.run(); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
