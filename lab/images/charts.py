# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts and manifests of the platform, out of the modules of the programs that they install."""

from __future__ import annotations

from lab.images.catalog import Chart
from lab.images.programs import (
    ADAPTER_VERSION,
    ENVOY_GATEWAY_VERSION,
    GATEWAY_API_VERSION,
    INFERENCE_EXTENSION_VERSION,
    JOBSET_VERSION,
    KUBERAY_VERSION,
    KUEUE_VERSION,
    TRAINER_VERSION,
)

_PLATFORM = "images/modules/platform"
_ENVOY_GATEWAY = "images/modules/envoy-gateway"
_ENVOY_GATEWAY_MODULE = "github.com/envoyproxy/gateway"
_INFERENCE = "images/modules/inference-extension"
_INFERENCE_MODULE = "sigs.k8s.io/gateway-api-inference-extension"
# Where the source trees take images from; a release has others.
_STAGING = "us-central1-docker.pkg.dev/k8s-staging-images"


def _release(version: str) -> str:
    """The version of a chart whose publisher leaves out the v of the tag, as SemVer has it."""
    return version.removeprefix("v")


CHARTS = (
    Chart(
        name="kueue",
        version=_release(KUEUE_VERSION),
        wrapper=_PLATFORM,
        module="sigs.k8s.io/kueue",
        folder="charts/kueue",
        groups=("kueue",),
        replaced=(
            ("values.yaml", f"{_STAGING}/kueue/kueue", "registry.k8s.io/kueue/kueue"),
            ("values.yaml", "tag: release-0.15", f"tag: {KUEUE_VERSION}"),
            ("values.yaml", "pullPolicy: Always", "pullPolicy: IfNotPresent"),
        ),
    ),
    Chart(
        name="jobset",
        version=_release(JOBSET_VERSION),
        wrapper=_PLATFORM,
        module="sigs.k8s.io/jobset",
        folder="charts/jobset",
        groups=("kubeflow",),
        app_version=JOBSET_VERSION,
        replaced=(
            ("values.yaml", f"{_STAGING}/jobset/jobset", "registry.k8s.io/jobset/jobset"),
            ("values.yaml", "tag: main", f"tag: {JOBSET_VERSION}"),
            ("values.yaml", "pullPolicy: Always", "pullPolicy: IfNotPresent"),
        ),
    ),
    Chart(
        name="kubeflow-trainer",
        version=_release(TRAINER_VERSION),
        wrapper=_PLATFORM,
        module="github.com/kubeflow/trainer/v2",
        folder="charts/kubeflow-trainer",
        groups=("kubeflow",),
        app_version=TRAINER_VERSION,
        charts=("jobset",),
    ),
    # Upstream's chart is in none of its modules: this is one of the manifests that it is made of, and without webhooks as it is.
    Chart(
        name="kuberay-operator",
        version=_release(KUBERAY_VERSION),
        wrapper=_PLATFORM,
        module="github.com/ray-project/kuberay/ray-operator",
        folder="config",
        groups=("kubeflow",),
        app_version=KUBERAY_VERSION,
        renamed=(
            ("crd/bases", "crds"),
            ("rbac", "templates"),
            ("manager/manager.yaml", "templates/manager.yaml"),
            ("manager/service.yaml", "templates/service.yaml"),
        ),
        written=(
            ("Chart.yaml", "apiVersion: v2\nname: kuberay-operator\ndescription: The operator of Ray clusters, jobs and services\n"),
            ("values.yaml", "tolerations: []\n"),
            # Helm keeps all that it reads in the cluster.
            (".helmignore", "kustomization.yaml\ncertmanager/\ncrd/\ndefault*/\noverlays/\nsamples/\nwebhook/\n"),
        ),
        replaced=(
            ("templates/manager.yaml", "image: kuberay/operator", f"image: quay.io/kuberay/operator:{KUBERAY_VERSION}"),
            ("templates/manager.yaml", "  namespace: system\n", ""),
            (
                "templates/manager.yaml",
                "      serviceAccountName:",
                "      tolerations: {{ toJson .Values.tolerations }}\n      serviceAccountName:",
            ),
            ("templates/role_binding.yaml", "- kind: ServiceAccount\n", "- kind: ServiceAccount\n  namespace: {{ .Release.Namespace }}\n"),
            (
                "templates/leader_election_role_binding.yaml",
                "- kind: ServiceAccount\n",
                "- kind: ServiceAccount\n  namespace: {{ .Release.Namespace }}\n",
            ),
        ),
    ),
    Chart(
        name="prometheus-adapter-manifests",
        version=_release(ADAPTER_VERSION),
        wrapper=_PLATFORM,
        module="sigs.k8s.io/prometheus-adapter",
        folder="deploy/manifests",
        groups=("monitoring",),
    ),
    Chart(
        name="gateway-helm",
        version=ENVOY_GATEWAY_VERSION,
        wrapper=_ENVOY_GATEWAY,
        module=_ENVOY_GATEWAY_MODULE,
        folder="charts/gateway-helm",
        groups=("ai_gateway",),
        app_version=ENVOY_GATEWAY_VERSION,
        renamed=(("values.tmpl.yaml", "values.yaml"),),
        replaced=(
            ("values.yaml", "${GatewayImage}", f"docker.io/envoyproxy/gateway:{ENVOY_GATEWAY_VERSION}"),
            ("values.yaml", "${GatewayImagePullPolicy}", "IfNotPresent"),
        ),
    ),
    Chart(
        name="gateway-crds-helm",
        version=ENVOY_GATEWAY_VERSION,
        wrapper=_ENVOY_GATEWAY,
        module=_ENVOY_GATEWAY_MODULE,
        folder="charts/gateway-crds-helm",
        groups=("ai_gateway",),
        app_version=ENVOY_GATEWAY_VERSION,
    ),
    Chart(
        name="gateway-api-crds",
        version=_release(GATEWAY_API_VERSION),
        wrapper=_ENVOY_GATEWAY,
        module="sigs.k8s.io/gateway-api",
        folder="config/crd",
        groups=("ai_gateway",),
    ),
    Chart(
        name="inference-extension-crds",
        version=INFERENCE_EXTENSION_VERSION,
        wrapper=_INFERENCE,
        module=_INFERENCE_MODULE,
        folder="config/crd/bases",
        groups=("ai_gateway",),
    ),
    Chart(
        name="inferencepool",
        version=INFERENCE_EXTENSION_VERSION,
        wrapper=_INFERENCE,
        module=_INFERENCE_MODULE,
        folder="config/charts/inferencepool",
        groups=("ai_gateway",),
        app_version=INFERENCE_EXTENSION_VERSION,
    ),
    Chart(
        name="body-based-routing",
        version=INFERENCE_EXTENSION_VERSION,
        wrapper=_INFERENCE,
        module=_INFERENCE_MODULE,
        folder="config/charts/body-based-routing",
        groups=("ai_gateway",),
        app_version=INFERENCE_EXTENSION_VERSION,
    ),
)
