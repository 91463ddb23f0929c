// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package devnode

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Unanswered returns an error when a kernel driver answers Major. procDevices is the content of /proc/devices (proc(5)).
//
// With NVIDIA's driver loaded, a "simulated" device node would open the machine's real GPU: nothing of the simulation
// would be true, and containers would reach hardware that nobody gave them.
func Unanswered(procDevices io.Reader) error {
	lines := bufio.NewScanner(procDevices)
	for lines.Scan() {
		line := lines.Text()
		if line == "Block devices:" { // the rest are block majors, another name space
			break
		}
		var major int
		var driver string
		if matched, _ := fmt.Sscanf(strings.TrimSpace(line), "%d %s", &major, &driver); matched == 2 && major == Major {
			return fmt.Errorf("character major %d belongs to the kernel driver %q on this machine (/proc/devices): "+
				"simulated devices would open real ones; use machines without NVIDIA's driver for simulated pools", Major, driver)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read /proc/devices: %w", err)
	}
	return nil
}
