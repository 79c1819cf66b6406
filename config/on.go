package config

// This file gives [on] as a table, which is how the engine reads it.

import (
	"reflect"

	"sealgate/gateway"
)

// Actions are the actions by their keys.
func (o On) Actions() gateway.Actions {
	out := gateway.Actions{}
	v := reflect.ValueOf(o)
	for i := range v.NumField() {
		out[v.Type().Field(i).Tag.Get("toml")] = gateway.Action(v.Field(i).String())
	}
	return out
}
