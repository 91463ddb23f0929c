// SPDX-FileCopyrightText: The ailab.conformance authors
// SPDX-License-Identifier: GPL-3.0-or-later

package exporter

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	api "k8s.io/kubelet/pkg/apis/podresources/v1"

	"ailab.conformance/simgpu/internal/fakeapi"
	"ailab.conformance/simgpu/internal/inventory"
)

const nodeName = "lab-gpu-0"

// kubelet plays the kubelet's part: the pod resources API.
type kubelet struct {
	api.UnimplementedPodResourcesListerServer
	mutex sync.Mutex
	pods  []*api.PodResources
}

func (k *kubelet) List(context.Context, *api.ListPodResourcesRequest) (*api.ListPodResourcesResponse, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return &api.ListPodResourcesResponse{PodResources: k.pods}, nil
}

func (k *kubelet) set(pods ...*api.PodResources) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.pods = pods
}

// node is a node with two devices, a kubelet and a cgroup tree of version 2.
type node struct {
	testing.TB
	kubelet *kubelet
	api     *fakeapi.Server
	cgroups string
	url     string
	devices []inventory.Device
}

func start(t *testing.T) *node {
	t.Helper()
	dir, err := os.MkdirTemp("", "simgpu") // not t.TempDir: paths of sockets are limited to 107 bytes (unix(7))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "kubelet.sock")
	unixSocket, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	started := &node{TB: t, kubelet: &kubelet{}, api: fakeapi.New(t), cgroups: filepath.Join(dir, "cgroup")}
	server := grpc.NewServer()
	api.RegisterPodResourcesListerServer(server, started.kubelet)
	go server.Serve(unixSocket)
	t.Cleanup(server.Stop)
	labels := map[string]string{inventory.CountLabel: "2"}
	started.api.SetNode(nodeName, labels)
	if started.devices, err = inventory.ForNode(nodeName, labels); err != nil {
		t.Fatal(err)
	}
	started.write("cgroup.controllers", "cpu memory")
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started.url = "http://" + web.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Settings{Client: started.api.Client, NodeName: nodeName, PodResources: socket,
			CgroupRoot: started.cgroups, Interval: 20 * time.Millisecond, Listener: web})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the exporter ended with: %v", err)
		}
	})
	return started
}

func (n *node) write(path, content string) {
	n.Helper()
	path = filepath.Join(n.cgroups, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		n.Fatal(err)
	}
	if err := os.WriteFile(path+".new", []byte(content), 0o644); err != nil {
		n.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil { // a reader never sees half of it
		n.Fatal(err)
	}
}

// pod has a container "work" run with an id; cpu and memory are its limit in CPUs and its resident memory in MiB.
func (n *node) pod(name, id string, cpu float64, memory int) string {
	n.Helper()
	n.api.SetPod(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name, UID: types.UID("uid-of-" + name)},
		Status: corev1.PodStatus{QOSClass: corev1.PodQOSBurstable, ContainerStatuses: []corev1.ContainerStatus{{
			Name: "work", ContainerID: "containerd://" + id, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
		}}},
	})
	group := "kubepods/burstable/poduid-of-" + name + "/" + id
	n.write(group+"/cpu.stat", "usage_usec 0\n")
	n.write(group+"/cpu.max", fmt.Sprintf("%d 100000\n", int(cpu*100000)))
	n.write(group+"/memory.stat", fmt.Sprintf("anon %d\n", memory<<20))
	return group
}

// burn raises a cgroup's CPU time as fast as so many busy CPUs would, until the test or the returned function ends it.
func (n *node) burn(group string, cpus float64) func() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		began := time.Now()
		ticks := time.NewTicker(time.Millisecond)
		defer ticks.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
				n.write(group+"/cpu.stat", fmt.Sprintf("usage_usec %d\n", int64(float64(time.Since(began).Microseconds())*cpus)))
			}
		}
	}()
	stop := sync.OnceFunc(func() { cancel(); <-done })
	n.Cleanup(stop)
	return stop
}

func holds(pod string, devices ...*api.ContainerDevices) *api.PodResources {
	return &api.PodResources{Namespace: "team", Name: pod, Containers: []*api.ContainerResources{{Name: "work", Devices: devices}}}
}

func given(ids ...string) *api.ContainerDevices {
	return &api.ContainerDevices{ResourceName: "nvidia.com/gpu", DeviceIds: ids}
}

func (n *node) get(path string) (int, string) {
	n.Helper()
	response, err := http.Get(n.url + path)
	if err != nil {
		n.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		n.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// await asks for metrics until a pattern matches and returns the text.
func (n *node) await(pattern string) string {
	n.Helper()
	wanted := regexp.MustCompile("(?m)" + pattern)
	deadline := time.Now().Add(20 * time.Second)
	for {
		code, body := n.get("/metrics")
		if code == http.StatusOK && wanted.MatchString(body) {
			return body
		}
		if time.Now().After(deadline) {
			n.Fatalf("no line matches %s in %d\n%s", pattern, code, body)
		}
	}
}

func (n *node) series(metric string, device int, labels, value string) string {
	return fmt.Sprintf(`^%s\{gpu="%d",UUID="%s",device="nvidia%d",modelName="SIMULATED-H100-80GB",Hostname="lab-gpu-0",DCGM_FI_DRIVER_VERSION="580.105.8"%s\} %s$`,
		metric, device, n.devices[device].UUID, device, labels, value)
}

func TestLoadMovesTheDeviceOfItsContainerOnly(t *testing.T) {
	t.Parallel()
	node := start(t)
	group := node.pod("busy", "one", 0.5, 300)
	node.kubelet.set(holds("busy", given(node.devices[1].UUID)))
	attributed := `,container="work",namespace="team",pod="busy"`
	idle := node.await(node.series("DCGM_FI_DEV_GPU_UTIL", 1, attributed, "0"))
	for _, pattern := range []string{
		node.series("DCGM_FI_DEV_FB_USED", 1, attributed, "300"),
		node.series("DCGM_FI_DEV_FB_FREE", 1, attributed, "81620"),
		node.series("DCGM_FI_DEV_GPU_UTIL", 0, "", "0"),
		node.series("DCGM_FI_DEV_POWER_USAGE", 0, "", "70"),
		"^# SIMULATED: no hardware",
		"^# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter$",
	} {
		if !regexp.MustCompile("(?m)" + pattern).MatchString(idle) {
			t.Errorf("no line matches %s in\n%s", pattern, idle)
		}
	}
	stop := node.burn(group, 0.5)
	busy := node.await(node.series("DCGM_FI_DEV_GPU_UTIL", 1, attributed, "(9[0-9]|100)"))
	if !regexp.MustCompile("(?m)" + node.series("DCGM_FI_DEV_GPU_UTIL", 0, "", "0")).MatchString(busy) {
		t.Errorf("the other device moved:\n%s", busy)
	}
	stop()
	node.await(node.series("DCGM_FI_DEV_GPU_UTIL", 1, attributed, "0"))
	node.kubelet.set()
	node.await(node.series("DCGM_FI_DEV_FB_USED", 1, "", "0"))
}

func TestClaimsAreAttributedAndSharedDevicesHaveASeriesForEachHolder(t *testing.T) {
	t.Parallel()
	node := start(t)
	shared := func(pod string) *api.PodResources {
		return &api.PodResources{Namespace: "team", Name: pod, Containers: []*api.ContainerResources{{
			Name: "work", DynamicResources: []*api.DynamicResource{{ClaimName: "gpu", ClaimNamespace: "team", ClaimResources: []*api.ClaimResource{
				{DriverName: "gpu.nvidia.com", PoolName: nodeName, DeviceName: "gpu-0"},
				{DriverName: "gpu.nvidia.com", PoolName: nodeName, DeviceName: "gpu-0"}, // prepared for both pods
				{DriverName: "other.example", PoolName: nodeName, DeviceName: "gpu-1"},
			}}},
		}}}
	}
	node.pod("first", "one", 0.5, 100)
	node.pod("second", "two", 0.5, 50)
	node.kubelet.set(shared("second"), shared("first"))
	claim := `,dra_claim_name="gpu",dra_claim_namespace="team",dra_driver_name="gpu.nvidia.com",dra_pool_name="lab-gpu-0",dra_device_name="gpu-0"`
	text := node.await(node.series("DCGM_FI_DEV_FB_USED", 0, `,container="work",namespace="team",pod="first"`+claim, "150"))
	second := node.series("DCGM_FI_DEV_FB_USED", 0, `,container="work",namespace="team",pod="second"`+claim, "150")
	if found := regexp.MustCompile("(?m)"+second).FindAllString(text, -1); len(found) != 1 {
		t.Errorf("%d series of the second pod, expected one:\n%s", len(found), text)
	}
	if !regexp.MustCompile("(?m)" + node.series("DCGM_FI_DEV_FB_USED", 1, "", "0")).MatchString(text) {
		t.Errorf("another driver's device was taken for ours:\n%s", text)
	}
}

func TestARestartedContainerIsFoundAgain(t *testing.T) {
	t.Parallel()
	node := start(t)
	group := node.pod("busy", "one", 0.5, 10)
	node.kubelet.set(holds("busy", given(node.devices[0].UUID), &api.ContainerDevices{ResourceName: "other.example/gpu", DeviceIds: []string{node.devices[1].UUID}}))
	attributed := `,container="work",namespace="team",pod="busy"`
	node.await(node.series("DCGM_FI_DEV_FB_USED", 0, attributed, "10"))
	if err := os.RemoveAll(filepath.Join(node.cgroups, group)); err != nil {
		t.Fatal(err)
	}
	node.await(node.series("DCGM_FI_DEV_FB_USED", 0, attributed, "0"))
	node.pod("busy", "two", 0.5, 20)
	text := node.await(node.series("DCGM_FI_DEV_FB_USED", 0, attributed, "20"))
	if !regexp.MustCompile("(?m)" + node.series("DCGM_FI_DEV_FB_USED", 1, "", "0")).MatchString(text) {
		t.Errorf("another resource's device was taken for ours:\n%s", text)
	}
}

func TestOldFiguresAreNotServed(t *testing.T) {
	t.Parallel()
	began := time.Now()
	taking := &sampler{kubelet: silent{}, interval: time.Second}
	if _, err := taking.figures(began); err == nil || err.Error() != "no figures yet" {
		t.Errorf("before the first sample: found %v", err)
	}
	taking.sample(context.Background(), began)
	if _, err := taking.figures(began); err == nil || !strings.Contains(err.Error(), "no figures yet: the kubelet is silent") {
		t.Errorf("after a sample that failed: found %v", err)
	}
	taking.at = began
	if _, err := taking.figures(began.Add(time.Second)); err != nil {
		t.Errorf("fresh figures: found %v", err)
	}
	if _, err := taking.figures(began.Add(17 * time.Second)); err == nil || !strings.Contains(err.Error(), "17s old: the kubelet is silent") {
		t.Errorf("old figures: found %v", err)
	}
}

func TestANodeWithoutDevicesIsRefused(t *testing.T) {
	t.Parallel()
	server := fakeapi.New(t)
	server.SetNode(nodeName, nil)
	err := Run(context.Background(), Settings{Client: server.Client, NodeName: nodeName, Interval: time.Second})
	if err == nil || !strings.Contains(err.Error(), "has no label "+inventory.CountLabel) {
		t.Errorf("found %v", err)
	}
}
