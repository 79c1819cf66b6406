// Package architecture holds the tests of what may import what: data flows one
// way, and the parts that judge mail touch neither network nor files.
package architecture
