// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package fakenode is a node for tests of allocators: directories, an API server, and processes that serve it.
package fakenode

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"ailab.conformance/simgpu/internal/allocator"
	"ailab.conformance/simgpu/internal/devnode"
	"ailab.conformance/simgpu/internal/fakeapi"
	"ailab.conformance/simgpu/internal/inventory"
	"ailab.conformance/simgpu/internal/layout"
)

// Name is the node's name.
const Name = "lab-gpu-0"

// Node is a node with two devices.
type Node struct {
	testing.TB
	API         *fakeapi.Server
	Layout      layout.Layout
	Executable  string // a file that stands for this program
	ProcDevices string // a list of kernel drivers without NVIDIA's
}

// New makes a node whose devices belong to a pool. The test is skipped where device nodes cannot be made.
func New(t testing.TB, pool string) Node {
	t.Helper()
	dir, err := os.MkdirTemp("", "simgpu") // not t.TempDir: paths of sockets are limited to 107 bytes (unix(7))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := devnode.Ensure(filepath.Join(dir, "probe"), 0); errors.Is(err, unix.EPERM) {
		t.Skip("making device nodes needs CAP_MKNOD")
	}
	node := Node{
		TB:  t,
		API: fakeapi.New(t),
		Layout: layout.Layout{
			Simulated:     filepath.Join(dir, "simulated"),
			CDI:           filepath.Join(dir, "cdi"),
			Plugins:       filepath.Join(dir, "plugins"),
			Registry:      filepath.Join(dir, "registry"),
			DevicePlugins: filepath.Join(dir, "device-plugins"),
		},
		Executable:  filepath.Join(dir, "program"),
		ProcDevices: filepath.Join(dir, "proc-devices"),
	}
	for _, path := range []string{node.Layout.Registry, node.Layout.DevicePlugins} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	node.Write(node.Executable, "#!simgpu")
	node.Write(node.ProcDevices, "Character devices:\n  1 mem\n")
	node.API.SetNode(Name, map[string]string{inventory.PoolLabel: pool, inventory.CountLabel: "2"})
	return node
}

// Write puts a file in place.
func (n Node) Write(path, content string) {
	n.Helper()
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		n.Fatal(err)
	}
}

// Files lists a directory; one that does not exist is empty.
func (n Node) Files(dir string) []string {
	n.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		n.Fatal(err)
	}
	return paths
}

// Dial connects to a socket as the kubelet does. Calls wait until somebody listens.
func (n Node) Dial(socket string) *grpc.ClientConn {
	n.Helper()
	connection, err := grpc.NewClient("unix://"+socket,
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.WaitForReady(true)))
	if err != nil {
		n.Fatal(err)
	}
	n.Cleanup(func() { connection.Close() })
	return connection
}

// Process is an allocator that runs.
type Process struct {
	Node
	Ended   <-chan error
	cancel  context.CancelFunc
	address string
}

// Start runs an allocator on the node, until Stop or the end of the test.
func (n Node) Start(run func(context.Context, allocator.Settings) error) Process {
	n.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		n.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.Cleanup(cancel)
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, allocator.Settings{
			Client: n.API.Client, NodeName: Name, Layout: n.Layout, Health: listener, Executable: n.Executable, ProcDevices: n.ProcDevices,
		})
	}()
	return Process{Node: n, Ended: ended, cancel: cancel, address: listener.Addr().String()}
}

// Stop asks the process to end and expects that it does so without an error.
func (p Process) Stop() {
	p.Helper()
	p.cancel()
	if err := <-p.Ended; err != nil {
		p.Errorf("the allocator ended with: %v", err)
	}
}

// Ready asks the readiness endpoint and returns its status code and text.
func (p Process) Ready() (int, string) {
	p.Helper()
	response, err := http.Get("http://" + p.address + "/readyz")
	if err != nil {
		p.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.Fatal(err)
	}
	return response.StatusCode, string(body)
}
