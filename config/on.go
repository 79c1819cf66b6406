package config

// This file gives [on] as a table, which is how the engine reads it.

import "reflect"

// Actions are the actions by their keys.
func (o On) Actions() map[string]string {
	out := map[string]string{}
	v := reflect.ValueOf(o)
	for i := range v.NumField() {
		out[v.Type().Field(i).Tag.Get("toml")] = v.Field(i).String()
	}
	return out
}
