// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package smi

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// row is a device with its place in the output; NVML counts the devices that a container sees from 0.
type row struct {
	Device
	index int
	count int
}

// field is a column of --query-gpu. Source of names and headings: nvidia-smi --help-query-gpu.
type field struct {
	heading string
	unit    string // "" for none
	value   func(row) string
}

func (f field) title(units bool) string {
	if f.unit == "" || !units {
		return f.heading
	}
	return fmt.Sprintf("%s [%s]", f.heading, f.unit)
}

func (f field) text(r row, units bool) string {
	if f.unit == "" || !units {
		return f.value(r)
	}
	return f.value(r) + " " + f.unit
}

var fields = map[string]field{
	"index":          {heading: "index", value: func(r row) string { return strconv.Itoa(r.index) }},
	"count":          {heading: "count", value: func(r row) string { return strconv.Itoa(r.count) }},
	"uuid":           {heading: "uuid", value: func(r row) string { return r.UUID }},
	"gpu_uuid":       {heading: "uuid", value: func(r row) string { return r.UUID }},
	"name":           {heading: "name", value: func(r row) string { return r.Product }},
	"gpu_name":       {heading: "name", value: func(r row) string { return r.Product }},
	"memory.total":   {heading: "memory.total", unit: "MiB", value: func(r row) string { return strconv.FormatInt(r.MemoryMiB, 10) }},
	"driver_version": {heading: "driver_version", value: func(r row) string { return r.DriverVersion }},
	"compute_cap":    {heading: "compute_cap", value: func(r row) string { return short(r.ComputeCapability) }},
}

// query is a parsed --query-gpu with its --format.
type query struct {
	columns []field
	header  bool
	units   bool
}

// parseQuery reads the values of --query-gpu and --format.
func parseQuery(columns, format string) (query, error) {
	parsed := query{header: true, units: true}
	for name := range strings.SplitSeq(columns, ",") {
		column, known := fields[strings.TrimSpace(name)]
		if !known {
			return query{}, fmt.Errorf("field %q is not a valid field to query: expected some of %s",
				name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		parsed.columns = append(parsed.columns, column)
	}
	if format == "" {
		return query{}, errors.New("--query-gpu needs --format=csv")
	}
	csv := false
	for option := range strings.SplitSeq(format, ",") {
		switch strings.TrimSpace(option) {
		case "csv":
			csv = true
		case "noheader":
			parsed.header = false
		case "nounits":
			parsed.units = false
		default:
			return query{}, fmt.Errorf("format %q is not valid: expected csv, and with it noheader or nounits", format)
		}
	}
	if !csv {
		return query{}, fmt.Errorf("format %q is not valid: --query-gpu needs --format=csv", format)
	}
	return parsed, nil
}

// short leaves the patch number off a version, as nvidia-smi does for CUDA: 13.0.0 becomes 13.0.
func short(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}
