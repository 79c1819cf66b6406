// Whether the race detector is on.

//go:build race

package smime

const raceDetector = true
