package page

// This file draws mails by outcome over time: bars in SVG, whose text is HTML beside it, so that it
// can be read at every width, and a table of the same numbers.

import (
	"time"
)

// period is what a chart shows.
type period struct {
	Word  string // in the address, and in texts
	bars  int
	hours int // of a bar
}

// periods are those to choose from, the first unasked.
var periods = []period{{"day", 24, 1}, {"week", 28, 6}, {"month", 30, 24}}

func periodOf(word string) period {
	for _, p := range periods {
		if p.Word == word {
			return p
		}
	}
	return periods[0]
}

// bounds are where the bars of a period begin, and where the last one ends: now is in it, or in its day.
// They are those of the local clock, also where it is put on or back.
func (p period) bounds(now time.Time) []time.Time {
	y, m, d := now.Date()
	begin := func(bar int) time.Time { return time.Date(y, m, d, bar*p.hours, 0, 0, 0, now.Location()) }
	last := 24/p.hours - 1 // the last one of today
	for p.hours == 1 && begin(last).After(now) {
		last--
	}
	var list []time.Time
	for bar := last - p.bars + 1; bar <= last+1; bar++ {
		list = append(list, begin(bar))
	}
	return list
}

// chartHeight and barWidth are in units of the drawing, which is stretched to where it stands.
const (
	chartHeight = 200
	barStep     = 10
	barWidth    = 7
)

// chart is what the template draws.
type chart struct {
	Period  string
	Periods []period
	Width   int
	Height  int
	Bars    []bar
	Series  []series // those that there are, in the order of the legend
	Top     int      // the number at the upper edge
	Total   int
	Since   time.Time
	Until   time.Time
	Hours   int // of a bar
}

// bar is one span of time.
type bar struct {
	Begin time.Time
	End   time.Time
	X     int
	Parts []part
	Each  []int // number of each of chart.Series
	Total int
}

// part is one outcome in a bar.
type part struct {
	Name   string
	Count  int
	X      int
	Y      float64
	Height float64
	Width  int
}

// series is one outcome over the whole time.
type series struct {
	Name  string
	Total int
}

func newChart(p period, bounds []time.Time, of func(since, until time.Time) counts) *chart {
	c := &chart{
		Period: p.Word, Periods: periods, Width: p.bars * barStep, Height: chartHeight, Hours: p.hours,
		Since: bounds[0], Until: bounds[len(bounds)-1],
	}
	var all []counts
	var sum counts
	most := 0
	for i := range bounds[1:] {
		n := of(bounds[i], bounds[i+1])
		all = append(all, n)
		most = max(most, n.total())
		for o, count := range n {
			sum[o] += count
		}
	}
	c.Top = ceiling(most)
	c.Total = sum.total()
	for o, total := range sum {
		if total > 0 {
			c.Series = append(c.Series, series{outcomeNames[o], total})
		}
	}
	for i, n := range all {
		c.Bars = append(c.Bars, c.bar(i, bounds[i], bounds[i+1], n, sum))
	}
	return c
}

func (c *chart) bar(index int, begin, end time.Time, n, sum counts) bar {
	b := bar{Begin: begin, End: end, X: index*barStep + (barStep-barWidth)/2, Total: n.total()}
	y := float64(c.Height)
	for o, count := range n {
		if sum[o] > 0 {
			b.Each = append(b.Each, count)
		}
		if count == 0 {
			continue
		}
		height := float64(c.Height) * float64(count) / float64(c.Top)
		y -= height
		b.Parts = append(b.Parts, part{outcomeNames[o], count, b.X, y, height, barWidth})
	}
	return b
}

// ceiling is the next number that people like to read at an axis, and that has a half.
func ceiling(n int) int {
	for step := 1; ; step *= 10 {
		for _, nice := range []int{2, 4, 6, 10} {
			if nice*step >= n {
				return nice * step
			}
		}
	}
}

// Middle is the number half way up.
func (c *chart) Middle() int { return c.Top / 2 }

// Labels are the bars whose begin stands below: about six.
func (c *chart) Labels() (list []time.Time) {
	step := len(c.Bars) / 6
	if c.Hours == 6 {
		step = 4 // a day
	}
	for i := 0; i < len(c.Bars); i += step {
		list = append(list, c.Bars[i].Begin)
	}
	return list
}
