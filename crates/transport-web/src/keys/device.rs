//! The number's own keys.

use std::sync::Arc;

use async_trait::async_trait;
use wacore::stats::StorageResourceReport;
use wacore::store::Device;
use wacore::store::device::DEVICE_PROPS;
use wacore::store::error::Result;
use wacore::store::traits::DeviceStore;

use super::{Keys, put, value};
use crate::records::RecordKind;

/// whatsapp-rust numbers the devices of a storage; each of ours has one.
const ONLY: i32 = 1;

#[async_trait]
impl DeviceStore for Keys {
    async fn save(&self, device: &Device) -> Result<()> {
        self.write(vec![put(RecordKind::Device, Vec::new(), value::of_shape(device)?)]).await.map(drop)
    }

    async fn load(&self) -> Result<Option<Device>> {
        let found: Option<Device> = self.shape(RecordKind::Device, Vec::new()).await?;
        // What a device says of itself at linking isn't stored, and empty it would say nothing.
        Ok(found.map(|device| Device { device_props: Arc::new(DEVICE_PROPS.clone()), ..device }))
    }

    async fn exists(&self) -> Result<bool> {
        Ok(self.find(RecordKind::Device, Vec::new()).await?.is_some())
    }

    async fn create(&self) -> Result<i32> {
        let _turn = self.turn().await;
        if self.find(RecordKind::Device, Vec::new()).await?.is_none() {
            self.save(&Device::new()).await?;
        }
        Ok(ONLY)
    }

    async fn resource_report(&self) -> StorageResourceReport {
        StorageResourceReport { memory_bytes: Some(0), ..StorageResourceReport::default() }
    }
}
