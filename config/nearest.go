package config

// This file guesses which key was meant.

import (
	"reflect"
	"strings"
)

// known are the keys of each table, by the table's name; "" is the top.
func known() map[string][]string {
	tables := map[string][]string{}
	collect(tables, "", reflect.TypeOf(Config{}))
	return tables
}

func collect(tables map[string][]string, table string, t reflect.Type) {
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("toml")
		inner := t.Field(i).Type
		tables[table] = append(tables[table], name)
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner.PkgPath() == t.PkgPath() {
			collect(tables, strings.TrimPrefix(table+"."+name, "."), inner)
		}
	}
}

// nearest is the name with the fewest edits from s, "" when none is near.
func nearest(s string, names []string) (best string) {
	least := len(s)/2 + 1
	for _, n := range names {
		if d := distance(s, n); d < least {
			best = n
			least = d
		}
	}
	return best
}

// distance counts insertions, deletions and substitutions (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(row[j]+1, row[j-1]+1, cost)
		}
	}
	return row[len(b)]
}
