// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Command pause holds the namespaces of a pod. It is the first process of a shared PID namespace, so it reaps orphans,
// and it leaves at once when the runtime asks it to: a pod's deletion waits for it.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for {
		reap()
		if <-signals != syscall.SIGCHLD {
			return
		}
	}
}

// reap collects every child that has ended. One SIGCHLD may stand for several of them.
func reap() {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid == 0 {
			return
		}
	}
}
