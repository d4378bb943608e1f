define void @run(ptr %v1, i64 %v2, i64 %v3, ptr %meeting) #0 {
entry:
  %control = alloca i32
  %flushing = alloca i32
  call void @llvm.x86.sse.stmxcsr(ptr %control)
  %control.now = load i32, ptr %control
  %control.new = or i32 %control.now, 32768
  store i32 %control.new, ptr %flushing
  call void @llvm.x86.sse.ldmxcsr(ptr %flushing)
  %p1 = getelementptr ptr, ptr %v1, i64 0
  %v4 = load ptr, ptr %p1, align 8
  %p2 = getelementptr ptr, ptr %v1, i64 1
  %v5 = load ptr, ptr %p2, align 8
  %p3 = getelementptr ptr, ptr %v1, i64 2
  %v6 = load ptr, ptr %p3, align 8
  %p4 = getelementptr ptr, ptr %v1, i64 3
  %v7 = load ptr, ptr %p4, align 8
  %p5 = getelementptr i64, ptr %v4, i64 1
  %v8 = load i64, ptr %p5, align 8
  %p6 = getelementptr ptr, ptr %v1, i64 4
  %v9 = load ptr, ptr %p6, align 8
  %p7 = getelementptr ptr, ptr %v1, i64 5
  %v10 = load ptr, ptr %p7, align 8
  %p8 = getelementptr ptr, ptr %v1, i64 6
  %v11 = load ptr, ptr %p8, align 8
  %p9 = getelementptr ptr, ptr %v1, i64 7
  %v12 = load ptr, ptr %p9, align 8
  %p10 = getelementptr i64, ptr %v6, i64 0
  %v13 = load i64, ptr %p10, align 8
  %p11 = getelementptr ptr, ptr %v1, i64 8
  %v14 = load ptr, ptr %p11, align 8
  %p12 = getelementptr ptr, ptr %v1, i64 9
  %v15 = load ptr, ptr %p12, align 8
  %p13 = getelementptr ptr, ptr %v1, i64 10
  %v16 = load ptr, ptr %p13, align 8
  %p14 = getelementptr ptr, ptr %v1, i64 11
  %v17 = load ptr, ptr %p14, align 8
  %anyturn1 = icmp slt i64 0, %v2
  br i1 %anyturn1, label %turn1, label %after2
turn1:
  %v18 = phi i64 [ 0, %entry ], [ %nextturn1, %after13 ]
  %p15 = getelementptr i64, ptr %v6, i64 %v18
  %v19 = load i64, ptr %p15, align 8
  %v20 = add i64 %v18, 1
  %p16 = getelementptr i64, ptr %v6, i64 %v20
  %v21 = load i64, ptr %p16, align 8
  %v22 = sub i64 %v21, %v19
  %anyturn3 = icmp slt i64 0, %v22
  br i1 %anyturn3, label %turn3, label %after4
turn3:
  %v23 = phi i64 [ 0, %turn1 ], [ %nextturn3, %after6 ]
  %v24 = add i64 %v19, %v23
  %p17 = getelementptr i64, ptr %v5, i64 %v24
  %v25 = load i64, ptr %p17, align 8
  %v26 = mul i64 %v25, 2
  br label %turn5
turn5:
  %v27 = phi i64 [ 0, %turn3 ], [ %nextturn5, %turn5 ]
  %v28 = add i64 %v26, %v27
  %p18 = getelementptr float, ptr %v10, i64 %v28
  %v29 = load float, ptr %p18, align 4
  %v30 = mul i64 8, %v8
  %v31 = mul i64 %v23, 8
  %v32 = add i64 %v31, %v27
  %p19 = getelementptr float, ptr %v14, i64 %v32
  store float %v29, ptr %p19, align 4
  %nextturn5 = add i64 %v27, 1
  %moreturn5 = icmp slt i64 %nextturn5, 2
  br i1 %moreturn5, label %turn5, label %after6
after6:
  %nextturn3 = add i64 %v23, 1
  %moreturn3 = icmp slt i64 %nextturn3, %v22
  br i1 %moreturn3, label %turn3, label %after4
after4:
  %anyturn7 = icmp slt i64 0, %v22
  br i1 %anyturn7, label %turn7, label %after8
turn7:
  %v33 = phi i64 [ 0, %after4 ], [ %nextturn7, %turn7 ]
  %v34 = add i64 %v19, %v33
  %p20 = getelementptr i64, ptr %v5, i64 %v34
  %v35 = load i64, ptr %p20, align 8
  %v36 = mul i64 %v35, 8
  %p21 = getelementptr float, ptr %v11, i64 %v36
  %v37 = load <8 x float>, ptr %p21, align 4
  %v38 = mul i64 8, %v8
  %v39 = mul i64 %v33, 8
  %p22 = getelementptr float, ptr %v15, i64 %v39
  store <8 x float> %v37, ptr %p22, align 4
  %nextturn7 = add i64 %v33, 1
  %moreturn7 = icmp slt i64 %nextturn7, %v22
  br i1 %moreturn7, label %turn7, label %after8
after8:
  %p23 = getelementptr i8, ptr %v7, i64 %v18
  %v40 = load i8, ptr %p23, align 1
  %v41 = icmp ne i8 %v40, 0
  %anyturn9 = icmp slt i64 0, %v22
  br i1 %anyturn9, label %turn9, label %after10
turn9:
  %v42 = phi i64 [ 0, %after8 ], [ %nextturn9, %turn9 ]
  %v43 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %after8 ], [ %v52, %turn9 ]
  %v44 = phi <8 x float> [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %after8 ], [ %v58, %turn9 ]
  %v45 = mul i64 8, %v8
  %v46 = mul i64 %v42, 8
  %p24 = getelementptr float, ptr %v15, i64 %v46
  %v47 = load <8 x float>, ptr %p24, align 4
  %v48 = mul i64 8, %v8
  %v49 = mul i64 %v42, 8
  %p25 = getelementptr float, ptr %v14, i64 %v49
  %v50 = load float, ptr %p25, align 4
  %s26 = insertelement <8 x float> poison, float %v50, i64 0
  %v51 = shufflevector <8 x float> %s26, <8 x float> poison, <8 x i32> zeroinitializer
  %v52 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v51, <8 x float> %v47, <8 x float> %v43)
  %v53 = mul i64 8, %v8
  %v54 = mul i64 %v42, 8
  %v55 = add i64 %v54, 1
  %p27 = getelementptr float, ptr %v14, i64 %v55
  %v56 = load float, ptr %p27, align 4
  %s28 = insertelement <8 x float> poison, float %v56, i64 0
  %v57 = shufflevector <8 x float> %s28, <8 x float> poison, <8 x i32> zeroinitializer
  %v58 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v57, <8 x float> %v47, <8 x float> %v44)
  %nextturn9 = add i64 %v42, 1
  %moreturn9 = icmp slt i64 %nextturn9, %v22
  br i1 %moreturn9, label %turn9, label %after10
after10:
  %v59 = phi <8 x float> [ %v52, %turn9 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %after8 ]
  %v60 = phi <8 x float> [ %v58, %turn9 ], [ <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, %after8 ]
  %v61 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v59, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>)
  %p29 = getelementptr float, ptr %v12, i64 %v18
  %v62 = load float, ptr %p29, align 4
  %s30 = insertelement <8 x float> poison, float %v62, i64 0
  %v63 = shufflevector <8 x float> %s30, <8 x float> poison, <8 x i32> zeroinitializer
  %v64 = fmul <8 x float> %v63, %v59
  %v65 = fneg <8 x float> %v64
  %p31 = getelementptr float, ptr %v9, i64 0
  %v66 = load <8 x float>, ptr %p31, align 4
  %v67 = fadd <8 x float> %v66, %v65
  %p32 = getelementptr float, ptr %v9, i64 0
  store <8 x float> %v67, ptr %p32, align 4
  %v68 = call <8 x float> @llvm.fma.v8f32(<8 x float> %v60, <8 x float> <float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000, float 0x0000000000000000>, <8 x float> %v61)
  %p33 = getelementptr float, ptr %v12, i64 %v18
  %v69 = load float, ptr %p33, align 4
  %s34 = insertelement <8 x float> poison, float %v69, i64 0
  %v70 = shufflevector <8 x float> %s34, <8 x float> poison, <8 x i32> zeroinitializer
  %v71 = fmul <8 x float> %v70, %v60
  %v72 = fneg <8 x float> %v71
  %p35 = getelementptr float, ptr %v9, i64 8
  %v73 = load <8 x float>, ptr %p35, align 4
  %v74 = fadd <8 x float> %v73, %v72
  %p36 = getelementptr float, ptr %v9, i64 8
  store <8 x float> %v74, ptr %p36, align 4
  %v75 = fcmp uno <8 x float> %v68, %v68
  %v76 = call i1 @llvm.vector.reduce.or.v8i1(<8 x i1> %v75)
  br i1 %v76, label %then11, label %after12
then11:
  %p37 = getelementptr i64, ptr %v4, i64 0
  %a37 = atomicrmw min ptr %p37, i64 %v18 monotonic
  br label %after12
after12:
  %p38 = getelementptr i64, ptr %v4, i64 0
  %v77 = load i64, ptr %p38, align 8
  %v78 = icmp sle i64 %v77, %v18
  br i1 %v78, label %leave, label %after13
after13:
  %v79 = sub i64 %v19, %v13
  %nextturn1 = add i64 %v18, 1
  %moreturn1 = icmp slt i64 %nextturn1, %v2
  br i1 %moreturn1, label %turn1, label %after2
after2:
  br label %leave
leave:
  call void @llvm.x86.sse.ldmxcsr(ptr %control)
  ret void
}
declare void @llvm.x86.sse.stmxcsr(ptr)
declare void @llvm.x86.sse.ldmxcsr(ptr)
declare <8 x float> @llvm.fma.v8f32(<8 x float>, <8 x float>, <8 x float>)
declare i1 @llvm.vector.reduce.or.v8i1(<8 x i1>)
attributes #0 = { nounwind }
