# Debian's cloud image with muster-agent, built in a virtual machine. Packer 1.7 or later. Not run yet
# (2026-11-22).
#
#   packer init . && packer build -var image=debian-12-genericcloud-amd64.qcow2 -var checksum=sha512:… \
#     -var agent=../../../dist/muster-agent -var coordinator=https://muster.example.org .

packer {
  required_plugins {
    qemu = {
      source  = "github.com/hashicorp/qemu"
      version = ">= 1.1.0"
    }
  }
}

variable "image" {
  type        = string
  description = "Cloud image to start from: a path or address"
}

variable "checksum" {
  type        = string
  description = "Its checksum, as sha512:HEX"
}

variable "agent" {
  type        = string
  description = "The executable muster-agent"
}

variable "coordinator" {
  type        = string
  default     = ""
  description = "Who hands out PINs and contexts"
}

locals {
  # For the time of the build only.
  user     = "packer"
  password = uuidv4()
}

source "qemu" "debian" {
  iso_url          = var.image
  iso_checksum     = var.checksum
  disk_image       = true
  format           = "qcow2"
  output_directory = "output"
  vm_name          = "muster-debian.qcow2"
  headless         = true
  memory           = 1024
  ssh_username     = local.user
  ssh_password     = local.password
  ssh_timeout      = "15m"
  # The account of the build goes last, by a shell that is root already.
  shutdown_command = "sudo sh -c 'userdel --force --remove ${local.user}; systemctl poweroff'"

  cd_label = "cidata"
  cd_content = {
    "meta-data" = "instance-id: packer\n"
    "user-data" = <<-EOT
      #cloud-config
      ssh_pwauth: true
      users:
        - name: ${local.user}
          plain_text_passwd: ${local.password}
          lock_passwd: false
          shell: /bin/bash
          sudo: ALL=(ALL) NOPASSWD:ALL
      EOT
  }
}

build {
  sources = ["source.qemu.debian"]

  provisioner "file" {
    source      = var.agent
    destination = "/tmp/muster-agent"
  }

  provisioner "shell" {
    environment_vars = ["COORDINATOR=${var.coordinator}"]
    execute_command  = "sudo env {{ .Vars }} sh -eu '{{ .Path }}'"
    inline = [
      "chmod 0755 /tmp/muster-agent",
      "/tmp/muster-agent install $${COORDINATOR:+--coordinator \"$COORDINATOR\"}",
      "rm /tmp/muster-agent",
      # What belongs to this one machine. The agent was never started.
      "cloud-init clean --logs --seed",
      "rm -f /etc/ssh/ssh_host_* /etc/sudoers.d/90-cloud-init-users",
      "muster-agent install --reset",
      "muster-agent verify --image",
    ]
  }
}
